import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { beforeEach, expect, it, onTestFinished } from "vitest";
import { type Slipway, slipwayOf } from "../cli/slipway.js";
import { startHost, type TestHost } from "../host/host.js";
import { createRemote, daemon, failure, storedBuilders } from "./harness.js";

let host: TestHost;
let slipway: Slipway;
beforeEach(async () => {
  host = await startHost();
  slipway = slipwayOf(host);
  const stuck = await daemon();
  await createRemote(host, "near");
  await createRemote(host, "stuck", { endpoint: stuck.address });
  process.kill(stuck.pid, "SIGSTOP");
  onTestFinished(() => void process.kill(stuck.pid, "SIGCONT"));
});

it("lists everything in time when a daemon hangs, and says so of that one", async () => {
  const { stdout, stderr, code } = await slipway(["ls", "--timeout", "2s"]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^ \\_ near0 .* running +v\d/m);
  expect(stdout).toMatch(/^ \\_ default .* running +v\d/m);
  expect(stdout).toMatch(/^ \\_ stuck0 +\\_ unix:\S+ +error/m);
  expect(stderr).toContain("Failed to get status for stuck (stuck0): the node did not answer in time");
});

it("answers others at once while a daemon hangs", async () => {
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
    error: "the node did not answer in time",
    status: { reasonCode: "TIMEOUT" },
  });
  expect(isOver).toBe(false);
});

it("shows and prunes the cache of the nodes that answer, and says which did not", async () => {
  const { builder } = await host.builders.getBuilder({ name: "stuck" });
  const { endpoint } = builder!.nodes[0]!.config!;
  await host.builders.removeBuilder({ name: "stuck" });
  await host.builders.appendNode({ builder: "near", node: { endpoint } });
  const { records, diagnostics } = await host.builders.getDiskUsage({
    builder: "near",
    timeout: durationFromMs(1000),
  });
  expect(new Set(records.map(({ node }) => node))).toEqual(new Set(["near0"]));
  expect(diagnostics).toMatchObject([{ field: "nodes[near1]", reason: "TIMEOUT" }]);

  const filter = ["--filter", "id=there-is-no-such-record"];
  const pruned = await slipway(["prune", "--force", "--builder", "near", "--timeout", "1s", ...filter]);
  expect([pruned.code, pruned.stdout]).toEqual([1, "Total:\t0B\n"]);
  expect(pruned.stderr).toContain("WARNING: node near1: it did not answer within 1 s");
  const used = await slipway(["du", "--builder", "near", "--timeout", "1s", "--format", "{{.ID}}"]);
  expect([used.code, used.stdout.trimEnd().split("\n").sort()]).toEqual([
    1,
    records.map(({ id }) => id).sort(),
  ]);
  expect(used.stderr).toContain("WARNING: node near1: it did not answer within 1 s");

  await host.builders.leaveNode({ builder: "near", node: "near0" });
  const call = host.builders.getDiskUsage({ builder: "near", timeout: durationFromMs(500) });
  expect(await failure(call)).toMatchObject({ reason: "TIMEOUT" });
});

it("removes nothing that does not go in time, unless that is forced", async () => {
  // What hangs takes connections and never answers.
  const engine = createServer().listen(0, "127.0.0.1");
  await once(engine, "listening");
  onTestFinished(() => void engine.close());
  const endpoint = `tcp://127.0.0.1:${(engine.address() as AddressInfo).port}`;
  await host.builders.createBuilder({ name: "boxed", driver: "docker-container", node: { endpoint } });
  const before = await storedBuilders(host);
  const refused = await slipway(["rm", "--timeout", "1s", "boxed"]);
  expect([refused.code, refused.stdout]).toEqual([1, ""]);
  expect(refused.stderr).toContain("boxed0: it did not go within 1 s");
  expect(await storedBuilders(host)).toEqual(before);
  const forced = await slipway(["rm", "--timeout", "1s", "--force", "boxed"]);
  expect([forced.code, forced.stdout]).toEqual([0, "boxed removed\n"]);
  expect(forced.stderr).toMatch(
    /^WARNING: what node boxed0 created could not be removed: it did not go within 1 s/,
  );
});

it("waits for another change of a builder no longer than it is told to", async () => {
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
