import { randomUUID } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { timestampDate } from "@bufbuild/protobuf/wkt";
import { expect, it } from "vitest";
import { LeasePurpose } from "../../src/gen/slipway/driver/v1/driver_pb.js";
import { BuildState } from "../../src/gen/slipway/v1/build_event_pb.js";
import { slipwayOf } from "../cli/slipway.js";
import { contextOf, fromPath, mustBuild, watchToEnd } from "../host/build.js";
import { lab, pidsOf, until } from "../lab/index.js";
import { startLeaser } from "./leaser.js";

async function spec(dockerfile: string, platforms: string[] = []) {
  const context = fromPath(await contextOf({ Dockerfile: dockerfile }));
  return { builder: "leased", context, platforms, outputs: [{ type: "cacheonly" }] };
}

const small = () => spec(`FROM scratch\nCOPY Dockerfile /${randomUUID()}\n`);
const endlessFile = (mark: string) =>
  `FROM ${lab().registry.baseImage}\nRUN echo begun; while true; do sleep 0.1; done; : ${mark}\n`;
const endless = (mark: string) => spec(endlessFile(mark));

it("a build is one lease with its context, which is released when the build has ended", async () => {
  const { host, released } = await startLeaser();
  const { id } = await mustBuild(host, await small());
  expect(await released()).toEqual([
    expect.objectContaining({ purpose: LeasePurpose.BUILD, buildId: id, principal: "local", platforms: [] }),
  ]);
  const again = await mustBuild(host, await spec("FROM scratch\nCOPY . /\n", ["linux/arm64"]));
  const [first, second] = await released();
  expect(second).toMatchObject({ buildId: again.id, platforms: ["linux/arm64"] });
  expect(second!.leaseId).not.toBe(first!.leaseId);
  expect(second!.affinityKey).toMatch(/^[0-9a-f]{32}$/);
});

it("inspections and clients' connections have leases of their own", async () => {
  const { host, released } = await startLeaser();
  await host.builders.getBuilder({ name: "leased", inspect: true });
  expect(await released()).toMatchObject([{ purpose: LeasePurpose.INSPECT, buildId: "", principal: "" }]);
  async function* target() {
    yield { message: { case: "target" as const, value: { builder: "leased" } } };
  }
  for await (const { event } of host.builders.dialBuilder(target())) if (event.case === "connected") break;
  expect((await released()).at(-1)).toMatchObject({ purpose: LeasePurpose.CONNECT, principal: "local" });
});

it("leases have the logins of the user for the registries that the driver names, and name the user", async () => {
  // That of the driver.
  const registry = "registry.invalid:5000";
  const { host, released } = await startLeaser();
  const auth = (login: string) => ({ auth: Buffer.from(login).toString("base64") });
  const auths = { [registry]: auth("puller:p4ss"), "other.invalid": auth("other:0ther") };
  await mkdir(join(host.folder, ".docker"));
  await writeFile(join(host.folder, ".docker/config.json"), JSON.stringify({ auths }));
  const named = { principal: "local", logins: { [registry]: ["puller", "p4ss"] } };

  await mustBuild(host, await small());
  await host.builders.getDiskUsage({ builder: "leased" });
  for await (const _ of host.builders.pruneBuilder({ name: "leased", filters: ["id==none"] }));
  await host.history.listHistory({ builder: "leased" });
  for await (const _ of host.builders.bootstrapBuilder({ name: "leased" }));
  const leases = await released();
  expect(leases.slice(0, 5)).toMatchObject([
    { purpose: LeasePurpose.BUILD, ...named },
    ...Array.from({ length: 4 }, () => ({ purpose: LeasePurpose.INSPECT, ...named })),
  ]);
  // The state at the end of the boot is nobody's in particular.
  expect(leases.slice(5)).toMatchObject([{ purpose: LeasePurpose.INSPECT, principal: "", logins: {} }]);
});

it("a failed and a cancelled build release their leases", async () => {
  const { host, log, released } = await startLeaser();
  const failed = await host.builds.startBuild({ spec: await spec("FROM scratch\nCOPY missing /\n") });
  expect((await watchToEnd(host, failed.build!.id)).finished.state).toBe(BuildState.FAILED);
  expect(await released()).toHaveLength(1);
  const mark = randomUUID();
  const { build } = await host.builds.startBuild({ spec: await endless(mark) });
  await until("the step runs", async () => (await pidsOf(mark)).length > 0);
  expect((await log()).at(-1)).toMatchObject({ event: "acquired", buildId: build!.id });
  await host.builds.cancelBuild({ id: build!.id });
  expect(await released()).toHaveLength(2);
});

it.each([
  ["the driver's reason", "lost", "POD_EVICTED", "The pod was evicted."],
  [
    "DRIVER_FAULT when the driver gives none",
    "ends",
    "DRIVER_FAULT",
    "The driver ended the lease without a reason.",
  ],
])("a build whose lease is lost ends with %s", async (_, way, reason, message) => {
  const { host, released, tell } = await startLeaser(way);
  const mark = randomUUID();
  const { build } = await host.builds.startBuild({ spec: await endless(mark) });
  await until("the step runs", async () => (await pidsOf(mark)).length > 0);
  await tell("lose");
  const { finished } = await watchToEnd(host, build!.id);
  expect(finished).toMatchObject({ state: BuildState.FAILED, error: { reason, message } });
  expect(await released()).toHaveLength(1);
  await until("the step has ended", async () => (await pidsOf(mark)).length === 0);
});

it("a build is accepted while the driver creates something for its lease, and shows its steps", async () => {
  const { host, log, released, tell } = await startLeaser("progress");
  const { build } = await host.builds.startBuild({ spec: await small() });
  expect(await log()).toMatchObject([{ event: "acquired" }]);
  await tell("ready");
  const { events, finished } = await watchToEnd(host, build!.id);
  expect(finished.state).toBe(BuildState.SUCCEEDED);
  const steps = events.flatMap(({ event }) => (event.case === "bootstrap" ? [event.value.progress] : []));
  expect(steps).toMatchObject([
    { id: "pod", done: false },
    { id: "pod", done: true },
  ]);
  expect(await released()).toHaveLength(1);
});

it("a build that is cancelled while the driver creates something for its lease releases it", async () => {
  const { host, released } = await startLeaser("progress");
  const { build } = await host.builds.startBuild({ spec: await small() });
  await host.builds.cancelBuild({ id: build!.id });
  expect((await watchToEnd(host, build!.id)).finished.state).toBe(BuildState.CANCELED);
  expect(await released()).toHaveLength(1);
});

it.each(["drain-before", "drain-after"])("no build starts on a lease with %s", async (way) => {
  const { host, released } = await startLeaser(way);
  await mustBuild(host, await small());
  expect(await released()).toHaveLength(2);
});

it("a build goes on while its node is being drained, and its watchers learn why and until when", async () => {
  const { host, released, tell } = await startLeaser("drain-when-told");
  const mark = randomUUID();
  const context = await contextOf({ Dockerfile: endlessFile(mark) });
  const cli = slipwayOf(host, "engine20")(["build", "--builder", "leased", "--progress", "plain", context]);
  await until("the step runs", async () => (await pidsOf(mark)).length > 0);
  const { builds } = await host.builds.listBuilds({});
  const { id } = builds[0]!;
  await tell("drain");
  for await (const { event } of host.builds.watchBuild({ id })) {
    if (event?.event.case !== "draining") continue;
    const { endTime, ...facts } = event.event.value;
    expect(facts).toMatchObject({ node: "leased0", reason: "POD_EVICTED", message: expect.any(String) });
    expect(timestampDate(endTime!)).toEqual(new Date("2030-01-02T03:04:05Z"));
    break;
  }
  expect(await pidsOf(mark)).not.toEqual([]);
  await host.builds.cancelBuild({ id });
  const { stderr } = await cli;
  expect(stderr).toContain(
    "WARNING: Node leased0: The pod is evicted. The lease ends at 2030-01-02T03:04:05.000Z.\n",
  );
  expect((await released()).filter(({ purpose }) => purpose === LeasePurpose.BUILD)).toHaveLength(1);
});

it("an endpoint that expired is renewed before the host connects", async () => {
  const { host, released } = await startLeaser("expired");
  await mustBuild(host, await small());
  expect(await released()).toHaveLength(1);
});

it("a host that is killed releases its leases", async () => {
  const { host, released } = await startLeaser();
  const mark = randomUUID();
  await host.builds.startBuild({ spec: await endless(mark) });
  await until("the step runs", async () => (await pidsOf(mark)).length > 0);
  host.process.kill("SIGKILL");
  expect(await released()).toHaveLength(1);
  await until("the step has ended", async () => (await pidsOf(mark)).length === 0);
});
