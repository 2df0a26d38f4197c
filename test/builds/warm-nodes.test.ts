import { once } from "node:events";
import { rm } from "node:fs/promises";
import { createConnection, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { BuildState } from "../../src/gen/slipway/v1/build_event_pb.js";
import { startTeam } from "../access/harness.js";
import { contextOf, fromPath, mustBuild, runBuild, type SpecInit } from "../host/build.js";
import { type RunningBuildkitd, startBuildkitd, tempDir } from "../lab/index.js";
import { leaseOn, startLeaser } from "./leaser.js";

/** Less than a kept lease lasts, in milliseconds. */
const atOnce = { within: 8_000 };

async function spec(dockerfile = "FROM scratch\nCOPY Dockerfile /\n") {
  const context = fromPath(await contextOf({ Dockerfile: dockerfile }));
  return { builder: "leased", context, outputs: [{ type: "cacheonly" }] };
}

async function buildkitd(): Promise<RunningBuildkitd> {
  const started = await startBuildkitd();
  onTestFinished(() => started.stop());
  return started;
}

/** A unix socket that leads to another one, until it is frozen: then it carries nothing and closes nothing. */
async function freezableProxy(address: string) {
  const path = join(await tempDir(), "proxy.sock");
  const sockets = new Set<Socket>();
  const server = createServer((inner) => {
    const outer = createConnection(address.slice("unix://".length));
    for (const socket of [inner, outer]) sockets.add(socket.on("error", () => {}));
    inner.pipe(outer).pipe(inner);
  });
  server.listen(path);
  await once(server, "listening");
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await rm(path, { force: true });
  });
  /** Freezes the connections that are open now. */
  const freeze = () => {
    for (const socket of sockets) socket.unpipe().pause();
  };
  return { address: `unix://${path}`, freeze };
}

it("a change that changes nothing does not end what is kept", async () => {
  const { host, log } = await startLeaser("reusable");
  const same = await spec();
  await mustBuild(host, same);
  const before = (await host.builders.getBuilder({ name: "leased" })).builder!;
  const node = before.nodes[0]!.spec!;
  await host.builders.appendNode({ builder: "leased", node });
  await mustBuild(host, same);
  expect(await log()).toMatchObject([{ event: "acquired" }]);
  await host.builders.appendNode({ builder: "leased", node: { ...node, platforms: ["linux/amd64"] } });
  await mustBuild(host, same);
  expect((await log()).filter(({ event }) => event === "acquired")).toHaveLength(2);
});

it("the next build of the same context uses the lease of the former one, which ends some seconds later", async () => {
  const { host, log, released } = await startLeaser("reusable");
  const same = await spec();
  await mustBuild(host, same);
  await mustBuild(host, same);
  const failed = await runBuild(host, { ...same, target: "missing" });
  expect(failed.finished.state).toBe(BuildState.FAILED);
  await mustBuild(host, same);
  expect(await log()).toMatchObject([{ event: "acquired" }]);
  expect(await released()).toHaveLength(1);
});

it("a build of another context has a lease of its own, since the driver may place it elsewhere", async () => {
  const { host, log } = await startLeaser("reusable");
  for (const one of [await spec(), await spec()]) await mustBuild(host, one);
  expect(await log()).toMatchObject([{ event: "acquired" }, { event: "acquired" }]);
});

it("builds that run at the same time have leases of their own", async () => {
  const { host, log } = await startLeaser("reusable");
  const same = await spec();
  await Promise.all([1, 2, 3].map(() => mustBuild(host, same)));
  const before = await log();
  expect(before.length).toBeGreaterThan(1);
  await mustBuild(host, same);
  expect(await log()).toEqual(before);
});

it("principals share no lease", async () => {
  const daemon = await buildkitd();
  const start = async (plugins: string[]) => {
    const { host, clients } = await startTeam({ plugins });
    return { ...host, clients };
  };
  const { host, log } = await leaseOn(start, "reusable", daemon.address);
  await host.builders.setBuilderAccess({ name: "leased", allowedPrincipals: ["token:ann", "token:bob"] });
  const empty: SpecInit = {
    builder: "leased",
    context: { source: { case: "empty", value: {} } },
    dockerfile: { source: { case: "content", value: Buffer.from("FROM scratch\nLABEL a=b\n") } },
    outputs: [{ type: "cacheonly" }],
  };
  const { ann, bob } = host.clients;
  for (const client of [ann, ann, bob, ann, bob, host]) await mustBuild(client, empty);
  const principals = (await log()).map(({ event, principal }) => `${event} ${principal}`);
  expect(principals).toEqual(["acquired token:ann", "acquired token:bob", "acquired local"]);
});

it("a lease that is being drained is released at once, and the next build has another one", async () => {
  const { host, log, released, tell } = await startLeaser("reusable-until-told");
  const same = await spec();
  await mustBuild(host, same);
  await tell("drain");
  expect(await released(atOnce)).toHaveLength(1);
  await mustBuild(host, same);
  expect((await log()).map(({ event }) => event)).toEqual(["acquired", "released", "acquired"]);
});

it("a daemon restarted between two builds ends the lease, and is used again", async () => {
  const daemon = await buildkitd();
  const { host, log } = await startLeaser("reusable", { endpoint: daemon.address });
  const same = await spec();
  await mustBuild(host, same);
  await daemon.restart();
  await mustBuild(host, same);
  await daemon.kill();
  await daemon.restart();
  await mustBuild(host, same);
  expect((await log()).filter(({ event }) => event === "acquired")).toHaveLength(3);
});

it("a connection that turns out dead is replaced before a build uses it", async () => {
  const daemon = await buildkitd();
  const proxy = await freezableProxy(daemon.address);
  const { host, log } = await startLeaser("reusable", { endpoint: proxy.address });
  const same = await spec();
  await mustBuild(host, same);
  proxy.freeze();
  await mustBuild(host, same);
  expect((await log()).map(({ event }) => event)).toEqual(["acquired", "released", "acquired"]);
});

it("a changed or removed builder gives up its lease", async () => {
  const { host, released } = await startLeaser("reusable");
  const same = await spec();
  await mustBuild(host, same);
  const change = (way: string) =>
    host.builders.updateNode({
      builder: "leased",
      node: { options: { way } },
      updateMask: { paths: ["options.way"] },
    });
  await change("plain");
  expect(await released(atOnce)).toHaveLength(1);
  await mustBuild(host, same);
  expect(await released(atOnce)).toHaveLength(2);
  await change("reusable");
  await mustBuild(host, same);
  await host.builders.removeBuilder({ name: "leased" });
  expect(await released(atOnce)).toHaveLength(3);
});

it("a host ends with a lease that it keeps, also because it is idle", async () => {
  for (const args of [[], ["--idle-timeout", "5s"]]) {
    const { host, released } = await startLeaser("reusable", { args });
    await mustBuild(host, await spec());
    if (args.length === 0) host.process.kill("SIGTERM");
    const begin = performance.now();
    await host.ended;
    expect(host.process.exitCode).toBe(0);
    // If the lease kept the host busy, it would be idle for 5 s after the 10 s of the lease.
    expect(performance.now() - begin).toBeLessThan(14_500);
    expect(await released()).toHaveLength(1);
  }
});
