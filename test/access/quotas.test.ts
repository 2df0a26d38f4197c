import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Client, Code, createClient, type Interceptor } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { describe, expect, it, onTestFinished } from "vitest";
import { uploadFolder } from "../../src/client/upload.js";
import { readTypedError } from "../../src/errors/typed-error.js";
import { BakeService } from "../../src/gen/slipway/v1/bake_pb.js";
import { BuildState } from "../../src/gen/slipway/v1/build_event_pb.js";
import { BuildService } from "../../src/gen/slipway/v1/build_pb.js";
import { HostService } from "../../src/gen/slipway/v1/host_pb.js";
import { UploadService } from "../../src/gen/slipway/v1/upload_pb.js";
import { hashToken, newToken, writeAccessFile } from "../../src/host/access/access-file.js";
import { createRemote } from "../builders/harness.js";
import { slipwayOf } from "../cli/slipway.js";
import { contextOf, fromPath, mustBuild, watchToEnd } from "../host/build.js";
import { failure } from "../host/failure.js";
import { startHost } from "../host/host.js";
import { freePort, lab, startBuildkitd, tempDir, until } from "../lab/index.js";

/** A host with limits, and clients on TCP. */
async function start(limits: string[]) {
  const tokens = { ann: newToken(), bob: newToken() };
  const file = join(await tempDir(), "access.toml");
  await writeAccessFile(file, {
    tokens: Object.entries(tokens).map(([name, token]) => ({
      name,
      role: "builder" as const,
      hash: hashToken(token),
      groups: [],
    })),
    certificates: [],
  });
  const port = await freePort();
  const flags = limits.flatMap((limit) => ["--limit", limit]);
  const host = await startHost({
    args: ["--tcp", `127.0.0.1:${port}`, "--token-file", file, ...flags],
  });
  // Builds without an end would hold it.
  onTestFinished(async () => void (await host.host.shutdown({ force: true })));
  await createRemote(host, "shared");
  const address = `http://127.0.0.1:${port}`;
  const clientOf = (token: string) => {
    const authorize: Interceptor = (next) => (request) => {
      request.header.set("authorization", `Bearer ${token}`);
      return next(request);
    };
    const transport = createConnectTransport({
      baseUrl: address,
      httpVersion: "1.1",
      interceptors: [authorize],
    });
    return {
      builds: createClient(BuildService, transport),
      host: createClient(HostService, transport),
      uploads: createClient(UploadService, transport),
      bakes: createClient(BakeService, transport),
    };
  };
  return { host, address, tokens, ann: clientOf(tokens.ann), bob: clientOf(tokens.bob) };
}

/** A build that runs until it is cancelled; its context is an upload of the client. */
async function endless({ uploads }: { uploads: Client<typeof UploadService> }) {
  const dockerfile = `FROM ${lab().registry.baseImage}\nRUN : ${randomUUID()}; while true; do sleep 0.1; done\n`;
  const { id } = await uploadFolder(uploads, await contextOf({ Dockerfile: dockerfile }));
  return {
    spec: { builder: "shared", context: { source: { case: "upload" as const, value: id } }, outputs },
  };
}
const outputs = [{ type: "cacheonly" }];

describe("running builds", () => {
  it("of a principal and of all are limited, and a finished build frees its slot", async () => {
    const { host, ann, bob } = await start(["builds=3", "principal-builds=2"]);
    expect((await ann.host.negotiate({})).limits?.maxRunningBuilds).toBe(2n);
    expect((await host.host.negotiate({})).limits?.maxRunningBuilds).toBe(3n);
    const { build } = await ann.builds.startBuild(await endless(ann));
    await ann.builds.startBuild(await endless(ann));
    expect(await failure(ann.builds.startBuild(await endless(ann)))).toMatchObject({
      code: Code.ResourceExhausted,
      reason: "QUOTA_EXCEEDED",
      metadata: { quota: "principal-builds", limit: "2", used: "2", requested: "1" },
      quota: { subject: "token:ann" },
      remedy: "Start it when one of the running builds ends.",
    });
    await bob.builds.startBuild(await endless(bob));
    for (const [client, used] of [
      [bob, "1"],
      [host, "0"],
    ] as const) {
      const refusal = await failure(client.builds.startBuild(await endless(client)));
      expect(refusal).toMatchObject({
        reason: "QUOTA_EXCEEDED",
        metadata: { quota: "builds", limit: "3", used },
        quota: { subject: "host" },
      });
      expect(JSON.stringify(refusal)).not.toMatch(/ann/);
    }
    await ann.builds.cancelBuild({ id: build!.id });
    await watchToEnd(host, build!.id);
    await bob.builds.startBuild(await endless(bob));
  });

  it("a build that is refused or fails uses no slot", async () => {
    const { host, ann } = await start(["principal-builds=1"]);
    const { spec } = await endless(ann);
    for (let attempt = 0; attempt < 3; attempt += 1)
      expect(await failure(ann.builds.startBuild({ spec: { ...spec, builder: "none" } }))).toMatchObject({
        reason: "BUILDER_UNKNOWN",
      });
    const requestId = randomUUID();
    const { build } = await ann.builds.startBuild({ requestId, spec });
    // A repeated request starts no second build.
    expect((await ann.builds.startBuild({ requestId, spec })).build?.id).toBe(build?.id);
    await ann.builds.cancelBuild({ id: build!.id });
    expect((await watchToEnd(host, build!.id)).finished.state).toBe(BuildState.CANCELED);
    await ann.builds.startBuild(await endless(ann));
  });

  it("share a limit of their logs: output is clipped, and a new build is refused until one ends", async () => {
    const { host, ann, bob } = await start(["principal-running-log=80KiB"]);
    const loud = async (client: typeof ann) => {
      const lines = [
        `FROM ${lab().registry.baseImage}`,
        `RUN : ${randomUUID()}; head -c 98304 /dev/zero | tr '\\0' x; while true; do sleep 0.1; done`,
      ];
      const { id } = await uploadFolder(client.uploads, await contextOf({ Dockerfile: lines.join("\n") }));
      const context = { source: { case: "upload" as const, value: id } };
      return client.builds.startBuild({ spec: { builder: "shared", context, outputs } });
    };
    const { build } = await loud(ann);
    const { id } = build!;
    const output = (async () => {
      let text = "";
      for await (const { event } of ann.builds.watchBuild({ id }))
        if (event?.event.case === "progress")
          for (const { data } of event.event.value.logs) {
            text += Buffer.from(data).toString();
            if (text.endsWith("reached]\n")) return text;
          }
      return text;
    })();
    expect((await output).slice(-100)).toMatch(
      /x\[output clipped, limit of 80 KiB for the running builds of a principal reached\]\n$/,
    );
    const refusal = await failure(loud(ann));
    expect(refusal).toMatchObject({
      code: Code.ResourceExhausted,
      reason: "QUOTA_EXCEEDED",
      metadata: { quota: "principal-running-log", limit: String(80 << 10), requested: String(64 << 10) },
      quota: { subject: "token:ann" },
      remedy: "Start it when one of the running builds ends.",
    });
    await loud(bob);
    await ann.builds.cancelBuild({ id });
    await watchToEnd(host, id);
    await until("room for a build", () =>
      loud(ann).then(
        () => true,
        () => false,
      ),
    );
  });

  it("the command line says what to do, and exits as for any exhausted resource", async () => {
    const { host, ann, address, tokens } = await start(["principal-builds=1"]);
    await ann.builds.startBuild(await endless(ann));
    const tokenFile = join(await tempDir(), "token");
    await writeFile(tokenFile, tokens.ann, { mode: 0o600 });
    const context = await contextOf({ Dockerfile: "FROM scratch\nCOPY Dockerfile /\n" });
    const env = { SLIPWAY_HOST: address, SLIPWAY_TOKEN_FILE: tokenFile, BUILDX_BUILDER: "shared" };
    const { stderr, code } = await slipwayOf(host)(["build", "--output", "type=cacheonly", context], { env });
    expect(stderr).toContain(
      "ERROR: There is no room for more running builds: the caller has 1, and the limit for one principal is 1.\nHINT: Start it when one of the running builds ends.\n",
    );
    expect(code).toBe(102);
  });
});

it("uploads of a principal are limited before anything is sent, and those of others are not", async () => {
  const { ann, bob } = await start(["principal-upload-bytes=1MiB"]);
  expect((await ann.host.negotiate({})).limits?.maxUploadBytes).toBe(1n << 20n);
  const folder = await contextOf({ large: "x".repeat(2 << 20) });
  const small = await contextOf({ Dockerfile: "FROM scratch\nCOPY Dockerfile /\n" });
  let sent = 0;
  const upload = (client: typeof ann, path: string) => {
    const onProgress = ({ sentBytes }: { sentBytes: number }) => {
      sent = Math.max(sent, sentBytes);
    };
    return uploadFolder(client.uploads, path, { onProgress });
  };
  expect(await failure(upload(ann, folder))).toMatchObject({
    code: Code.ResourceExhausted,
    reason: "QUOTA_EXCEEDED",
    metadata: { quota: "principal-upload-bytes", used: "0", requested: String(2 << 20) },
  });
  expect(sent).toBe(0);
  await upload(ann, small);
  await upload(bob, small);
});

it("requests are limited, before they are decoded", async () => {
  const { ann, bob } = await start(["principal-request-memory=3MiB"]);
  const spec = (bytes: number) => ({
    builder: "shared",
    context: { source: { case: "empty" as const, value: {} } },
    dockerfile: { source: { case: "content" as const, value: Buffer.alloc(bytes, "# ") } },
    outputs: [{ type: "unknown" }],
  });
  const tooMuch = { code: Code.ResourceExhausted, reason: "QUOTA_EXCEEDED" };
  expect(await failure(ann.builds.startBuild({ spec: spec(4 << 20) }))).toMatchObject({
    ...tooMuch,
    metadata: { quota: "principal-request-memory" },
  });
  // What it had taken is free again.
  expect((await failure(ann.builds.startBuild({ spec: spec(2 << 20) }))).code).toBe(Code.InvalidArgument);
  expect((await failure(bob.builds.startBuild({ spec: spec(2 << 20) }))).code).toBe(Code.InvalidArgument);
  expect(await failure(bob.builds.getBuild({ id: "x".repeat(2 << 20) }))).toMatchObject({
    code: Code.ResourceExhausted,
    reason: "MESSAGE_TOO_LARGE",
    metadata: { limit_bytes: String(1 << 20) },
  });
  // A million empty messages are two bytes each.
  const entries = Array.from({ length: 1 << 20 }, () => ({}));
  expect(await failure(bob.uploads.createUpload({ manifest: true, entries }))).toMatchObject({
    code: Code.ResourceExhausted,
    reason: "MESSAGE_TOO_LARGE",
    metadata: { limit_elements: "100000" },
  });
});

it("plans of bakes are limited, and each build is watched once", async () => {
  const { ann, bob } = await start(["principal-bake-plans=1"]);
  const thousand = "range(1000)";
  const slow = `target "default" { args = { a = length([for a in ${thousand} : [for b in ${thousand} : [for c in ${thousand} : "x"]]]) } }`;
  const file = (text: string) => ({ files: [{ name: "docker-bake.hcl", content: Buffer.from(text) }] });
  const abort = new AbortController();
  const first = ann.bakes.planBake(file(slow), { signal: abort.signal }).catch(() => undefined);
  await until("the second plan to be refused", async () => {
    const refusal = await ann.bakes.planBake(file("")).then(() => undefined, readTypedError);
    return refusal?.metadata?.quota === "principal-bake-plans";
  });
  await bob.bakes.planBake(file('target "default" {}'));
  abort.abort();
  await first;
  await until("the place to be free", () =>
    ann.bakes.planBake(file('target "default" {}')).then(
      () => true,
      () => false,
    ),
  );
  const twice = ann.bakes.watchBake({ targets: [{ id: "a" }, { id: "a" }] });
  expect(await failure(twice[Symbol.asyncIterator]().next())).toMatchObject({
    reason: "BAKE_TARGETS_INVALID",
  });
});

it("the output of a build is clipped, and the build succeeds", async () => {
  const env = { BUILDKIT_STEP_LOG_MAX_SIZE: "-1", BUILDKIT_STEP_LOG_MAX_SPEED: "-1" };
  const buildkitd = await startBuildkitd({ env });
  onTestFinished(() => buildkitd.stop());
  const host = await startHost({ args: ["--limit", "build-log=1MiB"] });
  await createRemote(host, "flood", { endpoint: buildkitd.address });
  const lines = [
    `FROM ${lab().registry.baseImage}`,
    `RUN echo begun ${randomUUID()}; head -c 8388608 /dev/zero | tr '\\0' x`,
    "RUN echo later > /later",
  ];
  const context = fromPath(await contextOf({ Dockerfile: lines.join("\n") }));
  const { build } = await host.builds.startBuild({ spec: { builder: "flood", context, outputs } });
  const { finished, events, output, steps } = await watchToEnd(host, build!.id);
  expect(finished.state).toBe(BuildState.SUCCEEDED);
  expect(output.slice(0, 5)).toBe("begun");
  expect(output.slice(-100)).toMatch(/\[output clipped, limit of 1 MiB for the build reached\]\n$/);
  expect(output.length).toBeLessThan(2 << 20);
  expect(steps.filter((name) => name.includes("RUN echo later"))).toHaveLength(1);
  const warnings = events.flatMap(({ event }) => (event.case === "warning" ? [event.value] : []));
  expect(warnings.filter(({ reason }) => reason === "LOG_CLIPPED")).toMatchObject([
    {
      message: expect.stringMatching(
        /limit of 1 MiB for the build: \d+ events and [67][.\d]* MiB of the steps' output/,
      ),
    },
  ]);
});

it.each([
  ["kept-builds=2", 10],
  ["kept-log=4MiB", 3 << 20],
])("with %s the oldest builds are removed", async (limit, bytes) => {
  const env = { BUILDKIT_STEP_LOG_MAX_SIZE: "-1", BUILDKIT_STEP_LOG_MAX_SPEED: "-1" };
  const buildkitd = await startBuildkitd({ env });
  onTestFinished(() => buildkitd.stop());
  const host = await startHost({ args: ["--limit", limit] });
  await createRemote(host, "own", { endpoint: buildkitd.address });
  const ids: string[] = [];
  for (let at = 0; at < 3; at += 1) {
    const command = `: ${randomUUID()}; head -c ${bytes} /dev/zero | tr '\\0' x`;
    const lines = [`FROM ${lab().registry.baseImage}`, `RUN ${command}`];
    const context = fromPath(await contextOf({ Dockerfile: lines.join("\n") }));
    ids.push((await mustBuild(host, { builder: "own", context, outputs })).id);
  }
  const kept = limit.startsWith("kept-builds") ? ids.slice(1) : ids.slice(2);
  await until("old builds to be removed", async () => {
    const { builds } = await host.builds.listBuilds({});
    return builds.length === kept.length;
  });
  const { builds } = await host.builds.listBuilds({});
  expect(builds.map(({ id }) => id)).toEqual(kept.reverse());
  expect(await failure(host.builds.getBuild({ id: ids[0] }))).toMatchObject({ reason: "BUILD_UNKNOWN" });
});
