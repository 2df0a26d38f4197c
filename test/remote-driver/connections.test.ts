import { once } from "node:events";
import { connect, createServer, type Server } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { driver } from "../../plugins/remote/src/driver.js";
import { connectBuildkit } from "../../src/buildkit/client.js";
import { NodeState } from "../../src/driver/index.js";
import { freePort, lab, pauseProcess, tempDir } from "../lab/index.js";
import { offered, openOffered } from "../offered.js";
import { call, daemon, failure, inspect, labSocket, node } from "./harness.js";

const running = { state: NodeState.RUNNING };

async function listening(path: string, serve: Parameters<typeof createServer>[1]): Promise<Server> {
  const server = createServer(serve);
  server.listen(path);
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return server;
}

it.each(["unix", "tcp"] as const)("a daemon on %s is dialled by the host itself", async (listen) => {
  const { address } = await daemon(listen);
  expect(await inspect(address)).toMatchObject({
    ...running,
    features: expect.arrayContaining([{ id: "multi-platform", supported: true }]),
    buildDefaults: { loadByDefault: false },
  });
  const endpoint = (await offered(driver, node(address), call)).address;
  const [, rest = ""] = address.split("://");
  const [host, port] = rest.split(":");
  expect(endpoint).toEqual(
    listen === "unix"
      ? { case: "unix", value: { path: rest } }
      : { case: "tcp", value: { host, port: Number(port), tls: undefined } },
  );
});

it("the plugin's stream connects to BuildKit too", async () => {
  const open = () => openOffered(driver, node(lab().buildkitd.address), call);
  const buildkit = connectBuildkit(open);
  expect((await buildkit.control.listWorkers({})).record).toHaveLength(1);
  await buildkit.close();
});

it("default-load is reported to the host", async () => {
  expect(await inspect(lab().buildkitd.address, { "default-load": "true" })).toMatchObject({
    buildDefaults: { loadByDefault: true },
  });
});

it("inspect and dial report at once why a node cannot be reached", async () => {
  const folder = await tempDir();
  const port = await freePort();
  const faults: [string, string, RegExp][] = [
    [`tcp://127.0.0.1:${port}`, "BUILDKIT_REFUSED", /refuses connections: nothing listens there/],
    [`unix://${folder}/missing.sock`, "BUILDKIT_SOCKET_MISSING", /has no socket/],
    ["tcp://no-such-host.invalid:1234", "BUILDKIT_HOST_UNKNOWN", /does not resolve/],
  ];
  for (const [endpoint, reason, why] of faults) {
    expect(await inspect(endpoint)).toMatchObject({
      state: NodeState.UNREACHABLE,
      reason,
      message: expect.stringMatching(why),
      remedy: expect.stringMatching(/./),
    });
    expect(await failure(offered(driver, node(endpoint), call))).toMatchObject({ reason });
    expect(await failure(openOffered(driver, node(endpoint), call))).toMatchObject({
      reason,
    });
  }
});

it("a daemon that hangs has its own reason", async () => {
  const buildkitd = await daemon("tcp");
  await pauseProcess(buildkitd.pid);
  try {
    expect(await inspect(buildkitd.address)).toMatchObject({
      state: NodeState.UNREACHABLE,
      reason: "BUILDKIT_TIMEOUT",
    });
  } finally {
    process.kill(buildkitd.pid, "SIGCONT");
  }
  expect(await inspect(buildkitd.address)).toMatchObject(running);
});

it("the answer of another program is reported", async () => {
  expect(await inspect(`tcp://${lab().registry.host}`)).toMatchObject({
    reason: "BUILDKIT_NOT_HTTP2",
    message: expect.stringContaining('it answers with "HTTP/1.1 301'),
  });
  const path = `${await tempDir()}/closing.sock`;
  await listening(path, (client) => void client.on("error", () => {}).destroy());
  expect(await inspect(`unix://${path}`)).toMatchObject({
    reason: "BUILDKIT_UNREACHABLE",
    message: expect.stringContaining("broke the connection"),
  });
});

it("a cancelled call ends before its time limit", async () => {
  const path = `${await tempDir()}/silent.sock`;
  await listening(path, (client) => void client.on("error", () => {}).resume());
  const cancelled = driver.inspect(node(`unix://${path}`), { signal: AbortSignal.timeout(200) });
  // The limit is a status, not an error.
  await expect(cancelled).rejects.toThrow();
});

it("bootstrap waits for a daemon that starts later, and reports why it waits", async () => {
  const steps: { name?: string; log?: string; done?: boolean }[] = [];
  const path = `${await tempDir()}/late.sock`;
  const progress = async (step: object) => void steps.push(step);
  const booting = driver.bootstrap(node(`unix://${path}`), { ...call, progress });
  setTimeout(() => void forward(path), 1_000);
  expect(await booting).toMatchObject(running);
  expect(steps[0]).toMatchObject({ name: "[internal] waiting for connection" });
  expect(steps.find(({ log }) => log)?.log).toContain("has no socket");
  expect(steps.at(-1)).toMatchObject({ done: true });
});

async function forward(path: string): Promise<void> {
  await listening(path, (client) => {
    const buildkitd = connect(labSocket());
    client.on("error", () => buildkitd.destroy()).pipe(buildkitd);
    buildkitd.on("error", () => client.destroy()).pipe(client);
  });
}

it("bootstrap does not wait after a permanent failure", async () => {
  const logs: string[] = [];
  const progress = async ({ log }: { log?: string }) => void (log && logs.push(log));
  const booting = driver.bootstrap(node(`tcp://${lab().registry.host}`), { ...call, progress });
  expect(await failure(booting)).toMatchObject({ reason: "BUILDKIT_NOT_HTTP2" });
  // It would say that it tries again.
  expect(logs).toEqual([]);
});

it("remove does nothing", async () => {
  const { address } = lab().buildkitd;
  expect(
    await driver.remove(node(address), { ...call, force: true, keepState: false, keepDaemon: false }),
  ).toEqual({});
  expect(await inspect(address)).toMatchObject(running);
});
