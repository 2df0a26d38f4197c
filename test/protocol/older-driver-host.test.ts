import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { createConnection } from "node:net";
import { join } from "node:path";
import { Readable } from "node:stream";
import type { Client } from "@connectrpc/connect";
import { expect, it, onTestFinished } from "vitest";
import { connectBuildkit } from "../../src/buildkit/client.js";
import { NodeState } from "../../src/gen/slipway/common/v1/node_state_pb.js";
import type { ImageStoreService } from "../../src/gen/slipway/driver/v1/image_store_pb.js";
import { loadImage } from "../../src/plugin-client/load-image.js";
import { saveImage } from "../../src/plugin-client/save-image.js";
import { builderName, container, nodeOn } from "../docker-container-driver/harness.js";
import { engineEnvironment } from "../host/host.js";
import { baseImageName, lab, tempDir } from "../lab/index.js";
import { isAlive } from "../plugins/harness.js";
import { frozen } from "./frozen.js";
import { launchAsOlder } from "./older-driver-host.js";

const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** Launches a bundled plugin; `end` checks that its process and sockets end. */
async function launch(name: string) {
  const services = await frozen();
  const sockets = await tempDir();
  const folder = join(import.meta.dirname, "../../plugins", name);
  const plugin = await launchAsOlder(folder, sockets, silent);
  onTestFinished(() => plugin.kill());
  const driver = plugin.client(services("slipway.driver.v1.DriverService"));
  const handshake = await driver.handshake!({
    host: { name: "older", version: "0.0.1" },
    capabilities: [{ id: "com.example.unknown" }],
  });
  const end = async () => {
    expect(await plugin.shutdown()).toBe("it exited with code 0");
    expect(isAlive(plugin.pid)).toBe(false);
    expect(existsSync(sockets) ? await readdir(sockets) : []).toEqual([]);
  };
  return { driver, handshake, plugin, end };
}

type Driver = Awaited<ReturnType<typeof launch>>["driver"];

/** Leases a node and returns the number of workers of its BuildKit. */
async function workersOf(driver: Driver, name: string, config: unknown): Promise<number> {
  const release = new AbortController();
  const request = { driver: name, config, context: { leaseId: randomUUID() } };
  const events = driver.acquire!(request, { signal: release.signal })[Symbol.asyncIterator]();
  const { event } = (await events.next()).value;
  expect(event).toMatchObject({ case: "endpoint", value: { address: { case: "unix" } } });
  const client = connectBuildkit(async () => {
    const socket = createConnection(event.value.address.value.path);
    await once(socket, "connect");
    return socket;
  });
  try {
    return (await client.control.listWorkers({})).record.length;
  } finally {
    await client.close();
    release.abort();
  }
}

/** Validates, boots, inspects and leases a node, lists the workers of its BuildKit, and removes the node. */
async function useNode(driver: Driver, name: string, given: Record<string, unknown>) {
  const node = (config: unknown) => ({ driver: name, config });
  const { diagnostics, config } = await driver.validate!(node(given));
  expect(diagnostics).toEqual([]);
  const events: string[] = [];
  for await (const { event } of driver.bootstrap!(node(config))) events.push(event.case);
  const { status } = await driver.inspect!(node(config));
  const workers = await workersOf(driver, name, config);
  const { removed } = await driver.remove!(node(config));
  const after = await driver.inspect!(node(config));
  return { events, state: status.state, workers, removed, after: after.status };
}

it("an older host uses this docker-container", async () => {
  const { driver, handshake, end } = await launch("docker-container");
  expect(handshake.drivers.map(({ name }: { name: string }) => name)).toEqual(["docker-container"]);
  const builder = builderName();
  const given = { ...(await nodeOn(lab().engine29)), builder, node: `${builder}0` };
  const result = await useNode(driver, "docker-container", given);
  expect(result.events.slice(-2)).toEqual(["progress", "status"]);
  expect(result).toMatchObject({
    state: NodeState.RUNNING,
    workers: 1,
    removed: [`buildx_buildkit_${builder}0`, `buildx_buildkit_${builder}0_state`],
    after: { state: NodeState.ABSENT, reason: "CONTAINER_ABSENT" },
  });
  expect(await container(builder)).toBeUndefined();
  await end();
});

it("an older host uses this remote, and receives diagnostics", async () => {
  const { driver, end } = await launch("remote");
  const given = { node: "far0", builder: "far", endpoint: lab().buildkitd.address };
  const wrong = { ...given, options: { cacart: "/ca.pem" } };
  const { diagnostics } = await driver.validate!({ driver: "remote", config: wrong });
  expect(diagnostics).toMatchObject([{ reason: "OPTION_UNKNOWN", field: "options[cacart]" }]);
  expect(await useNode(driver, "remote", given)).toMatchObject({ state: NodeState.RUNNING, removed: [] });
  await end();
});

it("an older host uses this docker: implicit builders, saving and loading images", async () => {
  const { driver, handshake, plugin, end } = await launch("docker");
  const [{ capabilities }] = handshake.drivers;
  // A later capability is an unknown id for the older host.
  expect(capabilities.map(({ id }: { id: string }) => id)).toContain("image-store.layers");
  const environment = engineEnvironment("engine29");
  const { builders } = await driver.listImplicitBuilders!({ driver: "docker", environment });
  const { config } = builders.find(({ current }: { current: boolean }) => current);
  expect((await driver.inspect!({ driver: "docker", config })).status).toMatchObject({
    state: NodeState.RUNNING,
  });
  expect(await workersOf(driver, "docker", config)).toBe(1);

  const images = plugin.client((await frozen())("slipway.driver.v1.ImageStoreService"));
  const store = { driver: "docker", environment };
  expect(await images.getImageStore!({ store })).toMatchObject({ oci: true });
  const client = images as unknown as Client<typeof ImageStoreService>;
  const { signal } = new AbortController();
  const archive = Readable.from(saveImage(client, store, [baseImageName], signal), { objectMode: false });
  expect(await loadImage(client, store, archive, { signal })).toEqual([baseImageName]);
  await end();
});
