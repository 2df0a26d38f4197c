import { randomBytes, randomUUID } from "node:crypto";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { create } from "@bufbuild/protobuf";
import { createClient } from "@connectrpc/connect";
import { expect, it } from "vitest";
import { uploadFolder } from "../../src/client/upload.js";
import { readTypedError } from "../../src/errors/typed-error.js";
import { ContextSchema } from "../../src/gen/slipway/build/v1/context_pb.js";
import { type BuildEvent, BuildState } from "../../src/gen/slipway/v1/build_event_pb.js";
import { BuildService } from "../../src/gen/slipway/v1/build_pb.js";
import { hashToken, newToken, writeAccessFile } from "../../src/host/access/access-file.js";
import type { Role } from "../../src/host/access/principal.js";
import { slipwayOf } from "../cli/slipway.js";
import { contextOf, fromPath, type SpecInit, watchToEnd } from "../host/build.js";
import { startHost, type TestHost } from "../host/host.js";
import { tokenTransport } from "../host/token-transport.js";
import { freePort, lab, pidsOf, tempDir, until } from "../lab/index.js";

const args = ["--max-running-builds", "1"];
const content = (text: string): SpecInit["dockerfile"] => ({
  source: { case: "content", value: Buffer.from(text) },
});
const empty = create(ContextSchema, { source: { case: "empty", value: {} } });

/** A host that runs one build at a time, with the builder "shared". */
async function start(...more: string[]): Promise<TestHost> {
  const host = await startHost({ args: [...args, ...more] });
  const node = { endpoint: lab().buildkitd.address };
  await host.builders.createBuilder({ name: "shared", driver: "remote", node });
  return host;
}

async function kill(host: TestHost, mark: string): Promise<void> {
  host.process.kill("SIGKILL");
  await host.ended;
  await until("the step to end", async () => (await pidsOf(mark)).length === 0);
}

/**
 * Kills a host, and starts the next one on its state when the step of the build that ran has ended: BuildKit would let the
 * next attempt share it.
 * @param mark occurs in the command of the step
 */
async function killed(host: TestHost, mark: string, ...more: string[]): Promise<TestHost> {
  await kill(host, mark);
  return startHost({ args: [...args, ...more], folder: host.folder });
}

async function begin(host: TestHost, spec: SpecInit, requestId = ""): Promise<string> {
  return (await beginBy(host, spec, requestId)).build!.id;
}

/** Builds of one project run in the order in which they came. */
function beginBy({ builds }: Pick<TestHost, "builds">, spec: SpecInit, requestId = "") {
  const outputs = [{ type: "cacheonly" }];
  return builds.startBuild({
    requestId,
    spec: { builder: "shared", project: "tests", context: empty, outputs, ...spec },
  });
}

/** A step that does not end the first time, and ends at once the second time. */
const endlessOnce = (mark: string) => {
  const mount = `--mount=type=cache,id=${mark},target=/once`;
  const step = `: ${mark}; test -e /once/begun || { touch /once/begun; echo begun; while true; do sleep 0.1; done; }`;
  return `FROM ${lab().registry.baseImage}\nRUN ${mount} ${step}\n`;
};

const endless = (mark: string) =>
  `FROM ${lab().registry.baseImage}\nRUN : ${mark}; echo begun; while true; do sleep 0.1; done\n`;

interface Following {
  /** They grow as they come. */
  events: BuildEvent[];
  /** Why they ended; undefined when the build has ended. */
  broken: Promise<unknown>;
}

/** Collects the events of a build. With a signal, the build is cancelled when this ends, as by `slipway build`. */
function follow({ builds }: TestHost, id: string, signal?: AbortSignal): Following {
  const events: BuildEvent[] = [];
  const broken = (async () => {
    try {
      const request = { id, cancelOnDisconnect: signal !== undefined };
      for await (const { event } of builds.watchBuild(request, { signal })) events.push(event!);
      return undefined;
    } catch (cause) {
      return cause;
    }
  })();
  return { events, broken };
}

const untilBegun = (events: BuildEvent[]) =>
  until("the step to begin", () =>
    events.some(({ event }) => event.case === "progress" && event.value.logs.length > 0),
  );
const untilQueued = (events: BuildEvent[]) =>
  until("the build to wait", () => events.some(({ event }) => event.case === "queued"));
const casesOf = (events: readonly BuildEvent[]) => events.map(({ event }) => event.case);

/** Watches on after the events that were seen, and checks that nothing is missing or comes twice. */
async function resume(host: TestHost, id: string, seen: readonly BuildEvent[]): Promise<BuildEvent[]> {
  const rest = await watchToEnd(host, id, BigInt(seen.length + 1));
  const all = [...seen, ...rest.events];
  expect(all.map(({ sequence }) => Number(sequence))).toEqual(all.map((_, at) => at + 1));
  expect((await watchToEnd(host, id)).events).toEqual(all);
  return all;
}

it("a killed host loses nothing: what ran begins again, and what waited runs in its old order", async () => {
  const host = await start();
  const mark = randomUUID();
  const folder = await contextOf({ Dockerfile: endlessOnce(mark) });
  const running = await begin(host, { context: fromPath(folder) });
  const ofRunning = follow(host, running);
  await untilBegun(ofRunning.events);
  const { id: upload } = await uploadFolder(
    host.uploads,
    await contextOf({ Dockerfile: "FROM scratch\nCOPY a /\n", a: "content of a" }),
  );
  const requestId = randomUUID();
  const spec: SpecInit = { context: { source: { case: "upload", value: upload } } };
  const first = await begin(host, spec, requestId);
  const second = await begin(host, { dockerfile: content("FROM scratch\nLABEL a=b\n") });
  const [ofFirst, ofSecond] = [follow(host, first), follow(host, second)];
  await Promise.all([ofFirst, ofSecond].map(({ events }) => untilQueued(events)));

  const next = await killed(host, mark);
  await Promise.all([ofRunning, ofFirst, ofSecond].map(({ broken }) => broken));
  expect(await begin(next, spec, requestId)).toBe(first);
  const again = await resume(next, running, ofRunning.events);
  expect(
    again.filter(({ event }) => event.case === "restarted").map(({ event }) => event.value),
  ).toMatchObject([{ attempt: 2, reason: "HOST_STOPPED", message: "The host ended while the build ran." }]);
  expect(casesOf(again).filter((each) => each === "started")).toHaveLength(2);
  const times: number[] = [];
  for (const [id, { events }] of [
    [first, ofFirst],
    [second, ofSecond],
  ] as const) {
    const all = await resume(next, id, events);
    const cases = casesOf(all);
    expect(cases.slice(0, 2)).toEqual(["accepted", "queued"]);
    expect(cases.filter((each) => each === "assigned" || each === "restarted")).toEqual(["assigned"]);
    const { time } = all.find(({ event }) => event.case === "assigned")!;
    times.push(Number(time!.seconds) * 1e3 + time!.nanos / 1e6);
  }
  expect(times[0]).toBeLessThanOrEqual(times[1]!);
  const attempts: number[] = [];
  for (const id of [running, first, second]) {
    const { build } = await next.builds.getBuild({ id });
    expect(build?.error).toBeUndefined();
    expect(build?.state).toBe(BuildState.SUCCEEDED);
    attempts.push(build!.attempt);
  }
  expect(attempts).toEqual([2, 1, 1]);
});

it("the CLI waits for a host that is away for some seconds", async () => {
  const host = await start();
  const mark = randomUUID();
  const folder = await contextOf({ Dockerfile: endlessOnce(mark) });
  const building = slipwayOf(host)(["build", "--builder", "shared", "--progress", "plain", folder]);
  await until("the step to begin", async () => (await pidsOf(mark)).length > 0);
  await kill(host, mark);
  await sleep(3_000);
  await startHost({ args, folder: host.folder });
  const { code, stderr } = await building;
  expect(stderr).toContain("WARNING: The connection to the host was lost. Trying again");
  expect(stderr).toContain("It begins again: attempt 2.");
  expect(code).toBe(0);
});

it("a host that stops leaves the builds that wait to the next one, and tells who watches them", async () => {
  const host = await start();
  const running = await begin(host, { dockerfile: content(endless(randomUUID())) });
  const [leave, stay] = [new AbortController(), new AbortController()];
  const ofRunning = follow(host, running, leave.signal);
  await untilBegun(ofRunning.events);
  const { id: upload } = await uploadFolder(
    host.uploads,
    await contextOf({ Dockerfile: "FROM scratch\nCOPY a /\n", a: "content of a" }),
  );
  const waiting = await begin(host, { context: { source: { case: "upload", value: upload } } });
  // Only the build uses it now.
  await host.uploads.deleteUpload({ id: upload });
  const secret = { secrets: [{ id: "s", value: Buffer.from("hidden") }] };
  const withSecret = await begin(host, { dockerfile: content("FROM scratch\nLABEL a=b\n"), ...secret });
  const ofWaiting = follow(host, waiting, stay.signal);
  const ofSecret = follow(host, withSecret);
  await Promise.all([ofWaiting, ofSecret].map(({ events }) => untilQueued(events)));

  host.process.kill("SIGTERM");
  const message =
    "The host ended while the build waited in the queue. It is not started again, since the host stores no secrets without a state key: spec.secrets.";
  expect(await ofSecret.broken).toBeUndefined();
  expect(ofSecret.events.at(-1)?.event).toMatchObject({
    case: "finished",
    value: { state: BuildState.FAILED, error: { reason: "HOST_STOPPED", message } },
  });
  // Its watch lasts as long as the host has other builds.
  leave.abort();
  await ofRunning.broken;
  expect(readTypedError(await ofWaiting.broken)).toMatchObject({
    reason: "HOST_STOPPING",
    retryAfterMs: 2_000,
  });
  await host.ended;
  const next = await startHost({ args, folder: host.folder });
  const all = await resume(next, waiting, ofWaiting.events);
  expect(casesOf(all)).not.toContain("restarted");
  expect((await next.builds.getBuild({ id: waiting })).build).toMatchObject({
    state: BuildState.SUCCEEDED,
    attempt: 1,
  });
  expect((await next.builds.getBuild({ id: running })).build?.state).toBe(BuildState.CANCELED);
});

it("secrets of builds are stored only with a key, and then only encrypted", async () => {
  const value = randomBytes(16).toString("hex");
  const step = `test "$(cat /run/secrets/s)" = ${value.slice(0, 8)}"${value.slice(8)}"`;
  const spec = (): SpecInit => ({
    dockerfile: content(
      `FROM ${lab().registry.baseImage}\nRUN --mount=type=secret,id=s,required : ${randomUUID()}; ${step}\n`,
    ),
    secrets: [{ id: "s", value: Buffer.from(value) }],
  });
  const queueOne = async (host: TestHost) => {
    const mark = randomUUID();
    const first = await begin(host, { dockerfile: content(endlessOnce(mark)) });
    await untilBegun(follow(host, first).events);
    return { mark, first, waiting: await begin(host, spec()) };
  };
  const plain = await start();
  const lost = await queueOne(plain);
  await kill(plain, lost.mark);
  expect(await filesWith(plain, value)).toEqual([]);
  const afterPlain = await startHost({ args, folder: plain.folder });
  expect((await watchToEnd(afterPlain, lost.waiting)).finished.error).toMatchObject({
    reason: "HOST_STOPPED",
    message: expect.stringContaining("stores no secrets without a state key: spec.secrets."),
  });
  expect((await watchToEnd(afterPlain, lost.first)).finished.state).toBe(BuildState.SUCCEEDED);

  const keyFile = join(await tempDir(), "key");
  await writeFile(keyFile, randomBytes(32).toString("base64"), { mode: 0o600 });
  const withKey = ["--state-key-file", keyFile];
  const sealed = await start(...withKey);
  const { mark, waiting } = await queueOne(sealed);
  await kill(sealed, mark);
  expect(await filesWith(sealed, value)).toEqual([]);
  const next = await startHost({ args: [...args, ...withKey], folder: sealed.folder });
  expect((await watchToEnd(next, waiting)).finished.state).toBe(BuildState.SUCCEEDED);
});

/** Names of the files in a host's state folder that contain a text. */
async function filesWith({ folder }: TestHost, text: string): Promise<string[]> {
  const state = join(folder, "state");
  const entries = await readdir(state, { recursive: true, withFileTypes: true });
  const found: string[] = [];
  for (const entry of entries.filter((each) => each.isFile())) {
    const file = join(entry.parentPath, entry.name);
    if ((await readFile(file)).includes(text)) found.push(file);
  }
  return found;
}

it("what cannot be started again ends typed: its folder or its owner's role is gone, or it has run twice", async () => {
  const [token, accessFile, port] = [newToken(), join(await tempDir(), "access.toml"), await freePort()];
  const entry = { name: "ann", hash: hashToken(token), groups: [] };
  const allow = (role: Role) =>
    writeAccessFile(accessFile, { tokens: [{ ...entry, role }], certificates: [] });
  await allow("builder");
  const overTcp = ["--tcp", `127.0.0.1:${port}`, "--token-file", accessFile];
  const host = await start(...overTcp);
  const mark = randomUUID();
  const folder = await contextOf({ Dockerfile: endless(randomUUID()) });
  const running = await begin(host, { context: fromPath(folder) });
  await untilBegun(follow(host, running).events);
  const waiting = await begin(host, { context: fromPath(folder) });
  const other = await begin(host, { dockerfile: content(endless(mark)) });
  const ofOther = follow(host, other);
  await untilQueued(ofOther.events);
  const { build: ofAnn } = await beginBy(
    { builds: createClient(BuildService, tokenTransport(port, token)) },
    { dockerfile: content("FROM scratch\nLABEL a=b\n") },
  );
  await allow("viewer");
  host.process.kill("SIGKILL");
  await host.ended;
  await rm(folder, { recursive: true });
  const second = await startHost({ args: [...args, ...overTcp], folder: host.folder });
  expect((await watchToEnd(second, ofAnn!.id)).finished.error).toMatchObject({
    reason: "HOST_STOPPED",
    message: "The host ended while the build waited in the queue. token:ann may not start builds any more.",
  });
  expect((await watchToEnd(second, running)).finished).toMatchObject({
    state: BuildState.FAILED,
    error: {
      reason: "HOST_STOPPED",
      message: expect.stringMatching(
        /^The host ended while the build ran\. It cannot be started again: .*not found/,
      ),
    },
  });
  expect((await watchToEnd(second, waiting)).finished.error).toMatchObject({ reason: "CONTEXT_NOT_FOUND" });
  // It waited with the first host, runs on the second, again on the third, and not on the fourth.
  await untilBegun(follow(second, other).events);
  const third = await killed(second, mark);
  expect((await third.builds.getBuild({ id: other })).build?.attempt).toBe(2);
  const fourth = await killed(third, mark);
  expect((await watchToEnd(fourth, other)).finished).toMatchObject({
    state: BuildState.FAILED,
    error: { reason: "HOST_STOPPED", message: expect.stringContaining("attempt 2, the last one") },
  });
});
