import { writeFile } from "node:fs/promises";
import { devNull } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { expect, it } from "vitest";
import { driver } from "../../plugins/docker/src/driver.js";
import { NodeState } from "../../src/driver/index.js";
import { lab, pidsOf, tempDir, until } from "../lab/index.js";
import { openOffered } from "../offered.js";
import { call, failure, inspect, node, storeOf, withBuildkit } from "./harness.js";
import { startSshd } from "./sshd.js";

/** Waits until the processes of connections to a socket have ended on both sides. */
const processesEnd = (socket: string) =>
  until("all processes to end", async () => (await pidsOf("dial-stdio", socket)).length === 0);

it.each(["engine20", "engine29"] as const)("%s is used through ssh, and no process is left", async (name) => {
  const { authority } = await startSshd();
  const { socket } = lab()[name];
  const endpoint = `ssh://${authority}${socket}`;
  expect(await inspect(endpoint)).toMatchObject({ state: NodeState.RUNNING });
  await processesEnd(socket);
  await withBuildkit(endpoint, async (buildkit) => {
    expect((await buildkit.control.listWorkers({})).record).toHaveLength(1);
    expect(await pidsOf("ssh", "dial-stdio", socket)).not.toEqual([]);
    const session = await buildkit.openSession({ methods: [] });
    await session.close();
  });
  await processesEnd(socket);
  const images = await driver.imageStore!.list({ endpoint, environment: {} }, { name: "" }, call);
  expect(images.flatMap(({ names }) => names)).toContain("slipway.test/base:1");
  await processesEnd(socket);
});

it("a large archive passes through ssh in both directions", async () => {
  const { authority } = await startSshd();
  const { save, load } = await storeOf(`ssh://${authority}${lab().engine20.socket}`);
  const archive = await save("slipway.test/base:1");
  expect(await load(Readable.from([archive]))).toEqual(["slipway.test/base:1"]);
  await processesEnd(lab().engine20.socket);
});

it("the reason has ssh's own error message", async () => {
  const { authority, configure, strangeKey } = await startSshd();
  const endpoint = `ssh://${authority}${lab().engine29.socket}`;
  const reason = async () => {
    const status = await inspect(endpoint);
    expect(status).toMatchObject({
      reason: "ENGINE_SSH_FAILED",
      remedy: expect.stringContaining("ssh root@"),
    });
    return status.message;
  };
  await configure({ key: strangeKey });
  expect(await reason()).toContain("Permission denied (publickey");
  await configure({ knownHosts: devNull });
  expect(await reason()).toContain("Host key verification failed");
  const connected = openOffered(driver, node(endpoint), call);
  expect(await failure(connected)).toMatchObject({ reason: "ENGINE_SSH_FAILED" });
});

it("the reason has the error of the remote docker CLI whose Engine does not run", async () => {
  const { authority } = await startSshd();
  const socket = `${await tempDir()}/docker.sock`;
  expect(await inspect(`ssh://${authority}${socket}`)).toMatchObject({
    reason: "ENGINE_SSH_FAILED",
    message: expect.stringContaining(socket),
  });
  await processesEnd(socket);
});

it("a machine without sshd is reported at once", async () => {
  expect(await inspect("ssh://127.0.0.1:1")).toMatchObject({
    reason: "ENGINE_SSH_FAILED",
    message: expect.stringContaining("Connection refused"),
  });
});

it("a cancelled call ends its ssh", async () => {
  // A docker CLI that never answers, so that the call still runs when it is cancelled.
  const programs = await tempDir();
  await writeFile(join(programs, "docker"), "#!/bin/sh\nexec cat > /dev/null\n", { mode: 0o755 });
  const { authority } = await startSshd({ programs });
  const { socket } = lab().engine29;
  const abort = new AbortController();
  const inspected = failure(driver.inspect(node(`ssh://${authority}${socket}`), { signal: abort.signal }));
  await until("ssh to start", async () => (await pidsOf("ssh", "dial-stdio", socket)).length > 0);
  abort.abort();
  expect(await inspected).toMatchObject({ reason: "CANCELED" });
  await processesEnd(socket);
});
