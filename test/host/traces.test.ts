import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { slipwayOf } from "../cli/slipway.js";
import { lab, tempDir, until } from "../lab/index.js";
import { collector } from "../lab/recipes/collector.js";
import { contextOf, fromPath, type SpecInit, watchToEnd } from "./build.js";
import { type ReceivedSpan, startCollector, type TestCollector } from "./collector.js";
import { startHost, type TestHost } from "./host.js";

const root = join(import.meta.dirname, "../..");
const builder = "traced";
const solve = "moby.buildkit.v1.Control/Solve";
/** Spans that each build has: the outermost of the host, and of BuildKit, whose spans come in one request. */
const wholeBuild = ["slipway BUILD build", `buildkitd ${solve}`];

// Its first build may take minutes.
beforeAll(async () => void (await collector()), 1_200_000);

/** A host with a builder on the lab's daemon. */
async function startTraced(env: Record<string, string> = {}): Promise<TestHost> {
  const host = await startHost({
    env: { OTEL_METRICS_EXPORTER: "none", OTEL_BSP_SCHEDULE_DELAY: "100", ...env },
  });
  const node = { endpoint: lab().buildkitd.address };
  await host.builders.createBuilder({ name: builder, driver: "remote", node });
  return host;
}

/** A place in a trace that no other test uses. */
function newParent(flags = "01") {
  const [traceId, spanId] = [randomBytes(16).toString("hex"), randomBytes(8).toString("hex")];
  return {
    traceId,
    spanId,
    headers: { traceparent: `00-${traceId}-${spanId}-${flags}`, tracestate: "vendor=a" },
  };
}

/** Runs a build with headers of a trace, and returns its id. */
async function build(host: TestHost, spec: SpecInit, headers: Record<string, string>): Promise<string> {
  const { build } = await host.builds.startBuild({ spec: { builder, ...spec } }, { headers });
  await watchToEnd(host, build!.id);
  return build!.id;
}

/** A build whose context and output pass through the host. */
async function specOf(mark: string): Promise<SpecInit> {
  const context = await contextOf({ Dockerfile: "FROM scratch\nARG TOKEN\nCOPY data /\n", data: mark });
  const destination = { case: "path" as const, value: join(await tempDir(), "out") };
  return { context: fromPath(context), outputs: [{ type: "local", destination }] };
}

/**
 * The spans of a trace, once those with some names and all of their parents are there: a collector gets them in several
 * requests, which it sends on in any order. Only BuildKit's span of a call in the
 * session can be missing: what it has not ended at the end of the build is not in its history.
 */
async function traceOf(
  received: TestCollector,
  { traceId, spanId }: { traceId: string; spanId: string },
  names: readonly string[],
) {
  let spans: ReceivedSpan[] = [];
  await until("the whole trace", async () => {
    spans = received.spans().filter((span) => span.traceId === traceId);
    const ids = new Set([spanId, ...spans.map((span) => span.spanId)]);
    const others = spans.filter(({ name, kind }) => !(name.startsWith("moby.filesync.") && kind === 2));
    return (
      others.every(({ parentSpanId }) => ids.has(parentSpanId)) &&
      names.every((wanted) => spans.some(({ name, service }) => `${service} ${name}` === wanted))
    );
  });
  return spans;
}

/** Names of the spans that a span belongs to, from the outside to itself. */
function pathOf(spans: readonly ReceivedSpan[], span: ReceivedSpan): string[] {
  const parent = spans.find(({ spanId }) => spanId === span.parentSpanId);
  return [...(parent ? pathOf(spans, parent) : []), span.name];
}

it("one trace has the client's span, the host's, the calls of the plugin, BuildKit's steps, and the outputs", async () => {
  const received = await startCollector();
  const host = await startTraced({ OTEL_EXPORTER_OTLP_ENDPOINT: received.endpoint });
  const parent = newParent();
  const id = await build(host, await specOf(parent.traceId), parent.headers);
  const transfer = "moby.filesync.v1.FileSend/DiffCopy";
  const acquiring = "slipway.driver.v1.DriverService/Acquire";
  const spans = await traceOf(received, parent, [
    ...wholeBuild,
    `slipway ${acquiring}`,
    `slipway ${transfer}`,
  ]);
  const named = (name: string, service: string) => {
    const found = spans.find((span) => span.name === name && span.service === service);
    if (!found)
      throw new Error(`no span ${name} of ${service} in ${spans.map((span) => span.name).join(", ")}`);
    return found;
  };
  const own = named("BUILD build", "slipway");
  expect(own).toMatchObject({ parentSpanId: parent.spanId, kind: 2, traceState: "vendor=a" });
  expect(own.attributes).toMatchObject({
    "cicd.pipeline.run.id": id,
    "cicd.pipeline.result": "success",
    "slipway.driver": "remote",
  });
  expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(spans.length);
  const acquire = named(acquiring, "slipway");
  expect(acquire).toMatchObject({ parentSpanId: own.spanId, kind: 3 });
  const start = ["BUILD build", "solve"];
  const exporting = "exporting to client directory";
  const paths = spans.map((span) => pathOf(spans, span).join(" > "));
  const expected = [[solve], [solve, "[1/1] COPY data /"], [solve, exporting]];
  for (const path of expected) expect(paths).toContain([...start, ...path].join(" > "));
  // The host serves what BuildKit asks it for.
  const sent = named(transfer, "slipway");
  expect(sent).toMatchObject({ kind: 2 });
  const asked = spans.find((span) => span.spanId === sent.parentSpanId);
  if (asked) expect(pathOf(spans, asked)).toEqual([...start, solve, exporting, transfer]);
});

it("spans have no secrets, and a failed build says why", async () => {
  const received = await startCollector();
  const host = await startTraced({
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${received.endpoint}/v1/traces`,
    OTEL_EXPORTER_OTLP_HEADERS: "x-token=planted-header-41aa",
  });
  const secret = "planted-secret-9c1d";
  const run = async (Dockerfile: string) => {
    const parent = newParent();
    const spec: SpecInit = {
      context: fromPath(await contextOf({ Dockerfile, [secret]: parent.traceId })),
      buildArgs: { TOKEN: secret },
      sensitiveParameters: ["TOKEN"],
      secrets: [{ id: "npm", value: Buffer.from(secret) }],
      registryAuth: { logins: { "registry.example": { username: "u", secret } } },
    };
    await build(host, spec, parent.headers);
    return traceOf(received, parent, wholeBuild);
  };
  const names = (await run("FROM scratch\nARG TOKEN\nCOPY $TOKEN /\n")).map(({ name }) => name);
  expect(names).toContainEqual(expect.stringMatching(/^\[1\/1\] COPY .* \/$/));
  const failed = await run("FROM scratch\nARG TOKEN\nCOPY missing$TOKEN /\n");
  const own = failed.find(({ name }) => name === "BUILD build");
  expect(own).toMatchObject({ status: 2 });
  expect(own?.attributes).toMatchObject({
    "cicd.pipeline.result": "failure",
    "error.type": "FILE_NOT_FOUND",
  });
  for (const text of [received.text(), host.log()]) {
    expect(text).not.toContain(secret);
    expect(text).not.toContain("planted-header-41aa");
  }
  // A refused build has a span, too.
  const refused = newParent();
  const call = host.builds.startBuild({ spec: { builder: "unknown-builder" } }, { headers: refused.headers });
  await expect(call).rejects.toThrow("The context is missing.");
  const [only, ...others] = await traceOf(received, refused, ["slipway BUILD build"]);
  expect(only).toMatchObject({ parentSpanId: refused.spanId, status: 2 });
  expect(others).toEqual([]);
});

it("a host that exports nothing passes the trace on, and a trace that nobody records does not reach BuildKit", async () => {
  const host = await startTraced();
  const recorded = newParent();
  const unrecorded = newParent("00");
  const traces: string[] = [];
  const read = async (id: string) => {
    const { build: ended } = await host.builds.getBuild({ id });
    const chunks: Uint8Array[] = [];
    for await (const { data } of host.history.readHistoryTrace({ builder, ref: ended!.refs[0]! }))
      chunks.push(data);
    return Buffer.concat(chunks).toString();
  };
  for (const { headers } of [recorded, unrecorded]) {
    traces.push(await read(await build(host, await specOf(headers.traceparent), headers)));
  }
  expect(traces[0]).toContain(recorded.traceId);
  expect(traces[0]).toContain(`"parentSpanId":"${recorded.spanId}"`);
  expect(traces[1]).toContain('"name":"moby.buildkit.v1.Control/Solve"');
  expect(traces[1]).not.toContain(unrecorded.traceId);

  // The commands take it from the environment.
  const slipway = slipwayOf(host);
  const context = await contextOf({ Dockerfile: "FROM scratch\nCOPY data /\n", data: recorded.spanId });
  for (const command of [
    ["build", context],
    ["bake", "--set", `*.context=${context}`],
  ]) {
    const { traceId, spanId, headers } = newParent();
    const env = { TRACEPARENT: headers.traceparent, TRACESTATE: headers.tracestate };
    await writeFile(join(context, "docker-bake.hcl"), 'target "default" {}');
    const [name, ...args] = command as [string, ...string[]];
    const { code, stderr } = await slipway([name, "--builder", builder, ...args], { env, cwd: context });
    expect(code, stderr).toBe(0);
    const { builds } = await host.builds.listBuilds({ pageSize: 1 });
    const trace = await read(builds[0]!.id);
    expect(trace).toContain(traceId);
    expect(trace).toContain(`"parentSpanId":"${spanId}"`);
  }
});

it("a host that exports no traces loads nothing of them", async () => {
  const dist = join(root, "dist");
  const host = await readFile(join(dist, "host.js"), "utf8");
  const [, chunk] = /import\("\.\/(chunks\/traces-\w+\.js)"\)/.exec(host)!;
  expect(await readFile(join(dist, chunk!), "utf8")).toContain("OTLPTraceExporter");
  expect(host).not.toContain("OTLPTraceExporter");
});
