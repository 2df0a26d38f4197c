import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { driver } from "../../plugins/docker/src/driver.js";
import { connectBuildkit } from "../../src/buildkit/client.js";
import { lab, type RunningEngine, startEngine, tempDir } from "../lab/index.js";
import { offered, openOffered } from "../offered.js";
import { call, failure, inspect, node, withBuildkit } from "./harness.js";

describe.each(["engine20", "engine29"] as const)("the BuildKit inside %s", (name) => {
  it("answers through POST /grpc, and opens sessions", async () => {
    await withBuildkit(lab()[name].host, async (buildkit) => {
      const { record } = await buildkit.control.listWorkers({});
      expect(record).toHaveLength(1);
      const session = await buildkit.openSession({ methods: [] });
      await session.close();
      expect(await session.closed).toBeUndefined();
    });
  });

  it("accepts many connections at once", async () => {
    const workers = await Promise.all(
      Array.from({ length: 20 }, () =>
        withBuildkit(lab()[name].host, (buildkit) => buildkit.control.listWorkers({})),
      ),
    );
    expect(workers.map(({ record }) => record.length)).toEqual(Array(20).fill(1));
  });

  it("can be bootstrapped, which creates nothing", async () => {
    const status = await driver.bootstrap(node(lab()[name].host), call);
    expect(status).toEqual(await inspect(lab()[name].host));
  });
});

it("is dialled by the host when the Engine's socket speaks gRPC", async () => {
  const { socket } = lab().engine29;
  const endpoint = (await offered(driver, node(`unix://${socket}`), call)).address;
  expect(endpoint).toEqual({ case: "unix", value: { path: socket } });
  const buildkit = connectBuildkit(() => connect(socket));
  try {
    expect((await buildkit.control.listWorkers({})).record).toHaveLength(1);
    const session = await buildkit.openSession({ methods: [] });
    await session.close();
    expect(await session.closed).toBeUndefined();
  } finally {
    await buildkit.close();
  }
});

it("is reached through the plugin when the socket does not speak gRPC, or the Engine is remote", async () => {
  const { engine20, engine29 } = lab();
  const remote = `${engine29.tcp.host}?certPath=${engine29.tcp.tls.certPath}`;
  expect((await offered(driver, node(engine20.host), call)).address).toBeUndefined();
  expect((await offered(driver, node(remote), call)).address).toBeUndefined();
});

it("is not dialled for a cancelled call", async () => {
  const gone = { signal: AbortSignal.abort() };
  expect(await failure(openOffered(driver, node(lab().engine29.host), gone))).toMatchObject({
    reason: "CANCELED",
  });
});

describe("an Engine that", () => {
  let engine: RunningEngine;
  beforeAll(async () => {
    engine = await startEngine(20);
  });
  afterAll(() => engine?.stop());

  it("crashed is reported by every call", async () => {
    expect((await inspect(engine.host)).state).toBe((await inspect(lab().engine20.host)).state);
    await engine.kill();
    const refused = {
      message: `The Docker Engine at ${engine.host} refuses connections: nothing listens there.`,
      reason: "ENGINE_REFUSED",
      remedy: expect.stringContaining("Start the Docker Engine"),
    };
    expect(await inspect(engine.host)).toMatchObject(refused);
    for (const work of [
      driver.bootstrap(node(engine.host), call),
      offered(driver, node(engine.host), call),
      driver.imageStore!.list({ endpoint: engine.host, environment: {} }, { name: "" }, call),
    ])
      expect(await failure(work)).toMatchObject({ reason: "ENGINE_REFUSED" });
  });
});

it("a missing socket has its own reason", async () => {
  expect(await inspect(`unix://${await tempDir()}/docker.sock`)).toMatchObject({
    reason: "ENGINE_SOCKET_MISSING",
    remedy: expect.stringContaining("DOCKER_HOST"),
  });
});
