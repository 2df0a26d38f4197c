import { randomBytes, randomUUID } from "node:crypto";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { Code } from "@connectrpc/connect";
import { expect, it } from "vitest";
import { readTypedError } from "../../src/errors/typed-error.js";
import { BuildState } from "../../src/gen/slipway/v1/build_event_pb.js";
import { BuildHold } from "../../src/gen/slipway/v1/build_pb.js";
import { type BuildRun, contextOf, fromPath, mustBuild, watchToEnd } from "../host/build.js";
import type { TestHost } from "../host/host.js";
import { startHostWithClock } from "../host/host-with-clock.js";
import { lab, must, pidsOf, until } from "../lab/index.js";

/** Creates the builder "own" on the lab's BuildKit. */
async function createOwn(host: TestHost): Promise<void> {
  const node = { endpoint: lab().buildkitd.address };
  await host.builders.createBuilder({ name: "own", driver: "remote", node });
}

/** Starts a build that streams an output of 64 MiB, and returns its id when the output is ready. */
async function startStream(host: TestHost): Promise<string> {
  const folder = await contextOf({ Dockerfile: "FROM scratch\nCOPY big id /\n", id: randomUUID() });
  await must("dd", ["if=/dev/urandom", `of=${join(folder, "big")}`, "bs=1M", "count=64"]);
  const outputs = [{ type: "tar", destination: { case: "stream" as const, value: {} } }];
  const { build } = await host.builds.startBuild({
    spec: { builder: "own", context: fromPath(folder), outputs },
  });
  for await (const { event } of host.builds.watchBuild({ id: build!.id }))
    if (event?.event.case === "outputReady") return build!.id;
  throw new Error("The output was not ready.");
}

it("a client that stops to read for ten minutes ends its build with OUTPUT_NOT_READ", async () => {
  const { host, set } = await startHostWithClock({ monotonic: true });
  await createOwn(host);
  const id = await startStream(host);
  const reader = host.builds.readOutput({ id, output: 0 })[Symbol.asyncIterator]();
  expect((await reader.next()).done).toBe(false);
  const { build } = await host.builds.getBuild({ id });
  expect(build!.state).toBe(BuildState.RUNNING);

  // The host may go on a little when the clock is set, and then waits from there: set it again until the build ends.
  const ended = watchToEnd(host, id);
  let run: BuildRun | undefined;
  for (let seconds = 601; run === undefined; seconds += 601) {
    await set(seconds);
    run = await Promise.race([ended, setTimeout(5000, undefined)]);
  }
  expect(run.finished).toMatchObject({
    state: BuildState.FAILED,
    error: { reason: "OUTPUT_NOT_READ", message: expect.stringContaining("for 600 s") },
  });
  const rest = async () => {
    for (;;) if ((await reader.next()).done) return "complete";
  };
  expect(await rest().catch(readTypedError)).toMatchObject({ reason: "OUTPUT_INCOMPLETE" });
});

it("an export of the history that nobody reads for ten minutes ends with ANSWER_NOT_READ", async () => {
  const { host, set } = await startHostWithClock({ monotonic: true });
  await createOwn(host);
  // The record has the Dockerfile in its provenance, which is larger than what a connection buffers.
  const comment = randomBytes(2 << 20)
    .toString("hex")
    .replace(/.{1,100}/g, "# $&\n");
  const context = fromPath(
    await contextOf({ Dockerfile: `FROM scratch\nCOPY id /\n${comment}`, id: randomUUID() }),
  );
  const outputs = [{ type: "cacheonly" }];
  const { id } = await mustBuild(host, { builder: "own", context, outputs });
  const reader = host.history.exportHistory({ builder: "own", refs: [id] })[Symbol.asyncIterator]();
  // From here on nothing is read from the BuildKit until the provenance is sent.
  for (let bytes = 0; bytes < 256 << 10; ) bytes += (await reader.next()).value?.data.length ?? Number.NaN;
  const rest = async () => {
    // The host may go on a little when the clock is set. Its timers fire when it wakes up, before it answers twice.
    for (let seconds = 601; ; seconds += 601) {
      await set(seconds);
      for (let calls = 0; calls < 2; calls += 1) await host.host.negotiate({});
      if ((await reader.next()).done) return "complete";
    }
  };
  expect(await rest().catch(readTypedError)).toMatchObject({
    code: Code.Aborted,
    reason: "ANSWER_NOT_READ",
  });
});

it("a process in a held build whose output nobody reads for ten minutes is killed with ANSWER_NOT_READ", async () => {
  const { host, set } = await startHostWithClock({ monotonic: true });
  await createOwn(host);
  const context = fromPath(await contextOf({ Dockerfile: `FROM ${lab().registry.baseImage}\n` }));
  const { build } = await host.builds.startBuild({
    hold: BuildHold.ALWAYS,
    spec: { builder: "own", context },
  });
  const { id } = build!;
  for await (const { event } of host.builds.watchBuild({ id })) if (event?.event.case === "held") break;
  const mark = randomUUID();
  const args = ["/bin/sh", "-c", `while :; do echo ${mark}; done`];
  const reader = host.debug.startProcess({ id, args })[Symbol.asyncIterator]();
  expect((await reader.next()).value?.event.case).toBe("started");
  await until("the process runs", async () => (await pidsOf(mark)).length > 0);

  // The host may go on a little when the clock is set, and then waits from there: set it again until the process ends.
  const killed = until("the process is killed", async () => (await pidsOf(mark)).length === 0).then(
    () => true,
  );
  for (let seconds = 601, isKilled = false; !isKilled; seconds += 601) {
    await set(seconds);
    isKilled = await Promise.race([killed, setTimeout(5000, false)]);
  }
  const rest = async () => {
    for (;;) if ((await reader.next()).done) return "complete";
  };
  expect(await rest().catch(readTypedError)).toMatchObject({
    code: Code.Aborted,
    reason: "ANSWER_NOT_READ",
  });
});
