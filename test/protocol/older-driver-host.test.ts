import { once } from "node:events";
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { createConnection } from "node:net";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { connectBuildkit } from "../../src/buildkit/client.js";
import { builderName, container, nodeOn } from "../docker-container-driver/harness.js";
import { lab, tempDir } from "../lab/index.js";
import { isAlive } from "../plugins/harness.js";
import { firstLanded } from "./first-landed.js";
import { launchAsOlder } from "./older-driver-host.js";

const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** Launches a bundled plugin; its drivers, and how its process and sockets end. */
async function launch(name: string) {
  const services = await firstLanded();
  const sockets = await tempDir();
  const folder = join(import.meta.dirname, "../../plugins", name);
  const plugin = await launchAsOlder(folder, sockets, silent);
  onTestFinished(() => plugin.kill());
  const driver = plugin.client(services("slipway.driver.v1.DriverService"));
  const handshake = await driver.handshake!({
    host: { name: "older", version: "0.0.1" },
    capabilities: [{ id: "com.example.unheard-of" }],
  });
  const end = async () => {
    expect(await plugin.shutdown()).toBe("it exited with code 0");
    expect(isAlive(plugin.pid)).toBe(false);
    expect(existsSync(sockets) ? await readdir(sockets) : []).toEqual([]);
  };
  return { driver, handshake, end };
}

type Driver = Awaited<ReturnType<typeof launch>>["driver"];

/** Checks, boots, looks at, and dials a node; lists its BuildKit's workers over that, and removes it. */
async function walk(driver: Driver, name: string, given: Record<string, unknown>) {
  const node = (config: unknown) => ({ driver: name, config });
  const { diagnostics, config } = await driver.validate!(node(given));
  expect(diagnostics).toEqual([]);
  const events: string[] = [];
  for await (const { event } of driver.bootstrap!(node(config))) events.push(event.case);
  const { status } = await driver.inspect!(node(config));
  expect(status).not.toHaveProperty("changedFields");
  const { endpoint } = await driver.dial!(node(config));
  expect(endpoint.case).toBe("unix");
  const client = connectBuildkit(async () => {
    const socket = createConnection(endpoint.value.path);
    await once(socket, "connect");
    return socket;
  });
  const { record } = await client.control.listWorkers({});
  await client.close();
  const { removed } = await driver.remove!(node(config));
  const after = await driver.inspect!(node(config));
  return { events, state: status.state, workers: record.length, removed, after: after.status };
}

it("an older host uses this docker-container", async () => {
  const { driver, handshake, end } = await launch("docker-container");
  expect(handshake.drivers.map(({ name }: { name: string }) => name)).toEqual(["docker-container"]);
  const builder = builderName();
  const given = { ...(await nodeOn(lab().engine29)), builder, node: `${builder}0` };
  const walked = await walk(driver, "docker-container", given);
  expect(walked.events.slice(-2)).toEqual(["progress", "status"]);
  expect(walked).toMatchObject({
    state: 4,
    workers: 1,
    removed: [`buildx_buildkit_${builder}0`, `buildx_buildkit_${builder}0_state`],
    after: { state: 1, reasonCode: "CONTAINER_ABSENT" },
  });
  expect(await container(builder)).toBeUndefined();
  await end();
});

it("an older host uses this remote, and is told what is wrong", async () => {
  const { driver, end } = await launch("remote");
  const given = { node: "far0", builder: "far", endpoint: lab().buildkitd.address };
  const wrong = { ...given, options: { cacart: "/ca.pem" } };
  const { diagnostics } = await driver.validate!({ driver: "remote", config: wrong });
  expect(diagnostics).toMatchObject([{ reason: "OPTION_UNKNOWN", field: "options[cacart]" }]);
  expect(await walk(driver, "remote", given)).toMatchObject({ state: 4, removed: [] });
  await end();
});
