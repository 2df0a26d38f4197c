import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { beforeEach, expect, it, onTestFinished } from "vitest";
import { type Slipway, slipwayOf } from "../cli/slipway.js";
import { contextOf, fromPath, mustBuild } from "../host/build.js";
import { startHost, type TestHost } from "../host/host.js";
import { pauseProcess } from "../lab/index.js";
import { createRemote, daemon, failure, storedBuilders } from "./harness.js";

let host: TestHost;
let slipway: Slipway;
beforeEach(async () => {
  host = await startHost();
  slipway = slipwayOf(host);
  const stuck = await daemon();
  await createRemote(host, "near");
  await createRemote(host, "stuck", { endpoint: stuck.address });
  await pauseProcess(stuck.pid);
  onTestFinished(() => void process.kill(stuck.pid, "SIGCONT"));
});

it("lists all builders in time when a daemon hangs, and reports the daemon", async () => {
  // The plugins start before the time counts. It is shorter than the driver's own limit for a daemon.
  await slipway(["inspect", "near"]);
  await slipway(["inspect", "default"]);
  const { stdout, stderr, code } = await slipway(["ls", "--timeout", "3s"]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^ \\_ near0 .* running +v\d/m);
  expect(stdout).toMatch(/^ \\_ default .* running +v\d/m);
  expect(stdout).toMatch(/^ \\_ stuck0 +\\_ unix:\S+ +error/m);
  expect(stderr).toContain("Failed to get status for stuck (stuck0): The node did not answer in time.");
});

it("answers other calls at once while a daemon hangs", async () => {
  const waiting = host.builders.listBuilders({ inspect: true, timeout: durationFromMs(60_000) });
  let isOver = false;
  waiting
    .catch(() => {})
    .finally(() => {
      isOver = true;
    });
  const { builder } = await host.builders.getBuilder({ name: "near", inspect: true });
  expect([builder?.nodes[0]?.buildkitVersion, isOver]).toEqual([expect.stringMatching(/^v\d/), false]);
  const { builder: stuck } = await host.builders.getBuilder({
    name: "stuck",
    inspect: true,
    timeout: durationFromMs(500),
  });
  expect(stuck?.nodes[0]).toMatchObject({
    error: { reason: "NODE_TIMEOUT", message: "The node did not answer in time." },
    status: { reason: "NODE_TIMEOUT" },
  });
  expect(isOver).toBe(false);
});

it("asks a node once for all who want to know its state at the same time, and each waits as long as it wants", async () => {
  // Accepts connections and never answers.
  let connections = 0;
  const silent = createServer(() => {
    connections += 1;
  }).listen(0, "127.0.0.1");
  await once(silent, "listening");
  onTestFinished(() => void silent.close());
  const endpoint = `tcp://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  await createRemote(host, "silent", { endpoint });
  const ask = async (timeoutMs: number) => {
    const timeout = durationFromMs(timeoutMs);
    const { builder } = await host.builders.getBuilder({ name: "silent", inspect: true, timeout });
    return builder?.nodes[0]?.status?.reason;
  };
  expect(await ask(3_000)).toBe("NODE_TIMEOUT");
  const ofOne = connections;
  expect(ofOne).toBeGreaterThan(0);
  connections = 0;
  const first = ask(3_000);
  const others = Array.from({ length: 40 }, (_, at) => ask(1_000 + at));
  expect(new Set(await Promise.all([first, ...others]))).toEqual(new Set(["NODE_TIMEOUT"]));
  expect(connections).toBe(ofOne);
});

it("shows and prunes the cache of the nodes that answer, and reports the others", async () => {
  const { builder } = await host.builders.getBuilder({ name: "stuck" });
  const { endpoint } = builder!.nodes[0]!.spec!;
  await host.builders.removeBuilder({ name: "stuck" });
  // A daemon of this test only, so that its cache does not change.
  await createRemote(host, "own", { endpoint: (await daemon()).address });
  const context = await contextOf({ Dockerfile: "FROM scratch\nCOPY Dockerfile /\n" });
  await mustBuild(host, { builder: "own", context: fromPath(context), outputs: [{ type: "cacheonly" }] });
  await host.builders.appendNode({ builder: "own", node: { endpoint } });
  const { records, diagnostics } = await host.builders.getDiskUsage({
    builder: "own",
    timeout: durationFromMs(3000),
  });
  expect(new Set(records.map(({ node }) => node))).toEqual(new Set(["own0"]));
  expect(diagnostics).toMatchObject([{ field: "nodes[own1]", reason: "NODE_TIMEOUT" }]);

  const used = await slipway(["du", "--builder", "own", "--timeout", "3s", "--format", "{{.ID}}"]);
  expect([used.code, used.stdout.trimEnd().split("\n").sort()]).toEqual([
    1,
    records.map(({ id }) => id).sort(),
  ]);
  expect(used.stderr).toContain("WARNING: Node own1: The node did not answer within 3 s.");
  const pruned = await slipway(["prune", "--all", "--force", "--builder", "own", "--timeout", "3s"]);
  expect([pruned.code, pruned.stdout]).toEqual([1, expect.stringMatching(/^ID .*\n(.*\n)+Total:\t\S+\n$/)]);
  expect(pruned.stderr).toContain("WARNING: Node own1: The node did not answer within 3 s.");

  await host.builders.leaveNode({ builder: "own", node: "own0" });
  const call = host.builders.getDiskUsage({ builder: "own", timeout: durationFromMs(500) });
  expect(await failure(call)).toMatchObject({ reason: "NODE_TIMEOUT" });
});

it("keeps a builder whose node is not removed in time, except with force", async () => {
  // Accepts connections and never answers.
  const engine = createServer().listen(0, "127.0.0.1");
  await once(engine, "listening");
  onTestFinished(() => void engine.close());
  const endpoint = `tcp://127.0.0.1:${(engine.address() as AddressInfo).port}`;
  await host.builders.createBuilder({ name: "boxed", driver: "docker-container", node: { endpoint } });
  const before = await storedBuilders(host);
  const refused = await slipway(["rm", "--timeout", "1s", "boxed"]);
  expect([refused.code, refused.stdout]).toEqual([1, ""]);
  expect(refused.stderr).toContain("boxed0: The node was not removed within 1 s.");
  expect(await storedBuilders(host)).toEqual(before);
  const forced = await slipway(["rm", "--timeout", "1s", "--force", "boxed"]);
  expect(forced.code).toBe(0);
  expect(forced.stderr).toMatch(
    /^WARNING: What node boxed0 created could not be removed: The node was not removed within 1 s\..*^boxed removed$/ms,
  );
});

it("waits for another change of a builder until the timeout", async () => {
  const gone = await daemon("tcp");
  await gone.stop();
  const leave = new AbortController();
  const value = { name: "far", driver: "remote", node: { endpoint: gone.address } };
  const boot = host.builders.bootstrapBuilder(
    { change: { case: "create", value } },
    { signal: leave.signal },
  );
  const steps = boot[Symbol.asyncIterator]();
  await steps.next();
  const removal = host.builders.removeBuilder({ name: "far", timeout: durationFromMs(300) });
  expect(await failure(removal)).toMatchObject({ reason: "BUILDER_BUSY" });
  leave.abort();
  await failure(steps.next());
});
