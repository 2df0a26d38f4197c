import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { beforeEach, expect, it, onTestFinished } from "vitest";
import { type Slipway, slipwayOf } from "../cli/slipway.js";
import { startHost, type TestHost } from "../host/host.js";
import { createRemote, daemon, failure } from "./harness.js";

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
