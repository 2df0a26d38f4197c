import { chmod, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { driver } from "../../plugins/remote/src/driver.js";
import { connectBuildkit } from "../../src/buildkit/client.js";
import { NodeState } from "../../src/driver/index.js";
import { startSshd } from "../docker-driver/sshd.js";
import { baseImageName, lab, must, pauseProcess, pidsOf, tempDir, until } from "../lab/index.js";
import { offered, openOffered } from "../offered.js";
import { call, daemon, failure, inspect, labSocket, node } from "./harness.js";

const running = { state: NodeState.RUNNING };

/** Waits until the programs on both sides of a connection have ended. */
const programsEnd = (...words: string[]) =>
  until("all processes to end", async () => (await pidsOf("dial-stdio", ...words)).length === 0);

/** Uses a node through the driver's stream, as the host does. */
async function useNode(endpoint: string, during = async () => {}): Promise<void> {
  const buildkit = connectBuildkit(() => openOffered(driver, node(endpoint), call));
  try {
    expect((await buildkit.control.listWorkers({})).record).toHaveLength(1);
    const session = await buildkit.openSession({ methods: [] });
    await during();
    await session.close();
  } finally {
    await buildkit.close();
  }
}

/** Puts a program in front of PATH until the test ends. */
async function addProgram(name: string, script: string): Promise<string> {
  const folder = await tempDir();
  await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`);
  await chmod(join(folder, name), 0o755);
  vi.stubEnv("PATH", `${folder}:${process.env.PATH}`);
  onTestFinished(() => void vi.unstubAllEnvs());
  return folder;
}

/** An sshd whose sessions find buildctl. */
const sshWithBuildctl = () => startSshd({ programs: dirname(lab().buildkitd.buildctl) });

it("a daemon is used through ssh, and no process is left", async () => {
  const { authority } = await sshWithBuildctl();
  const socket = labSocket();
  const endpoint = `ssh://${authority}${socket}`;
  expect((await offered(driver, node(endpoint), call)).address).toBeUndefined();
  expect(await inspect(endpoint)).toMatchObject(running);
  await programsEnd(socket);
  await useNode(endpoint, async () => expect(await pidsOf("ssh", "dial-stdio", socket)).not.toEqual([]));
  await programsEnd(socket);
});

it("the reason has the error of ssh or buildctl", async () => {
  const { authority, configure, strangeKey } = await sshWithBuildctl();
  const missing = `${await tempDir()}/buildkitd.sock`;
  const endpoint = `ssh://${authority}${missing}`;
  const report = async () => {
    const { reason, message, remedy } = await inspect(endpoint);
    expect(remedy).toContain("ssh -l ");
    const dialled = await failure(openOffered(driver, node(endpoint), call));
    expect(dialled.message).toBe(message);
    return `${reason}: ${message}`;
  };
  expect(await report()).toMatch(
    /^BUILDKIT_COMMAND_FAILED: .*buildkitd.sock: connect: no such file or directory/s,
  );
  await configure({ key: strangeKey });
  expect(await report()).toMatch(/^BUILDKIT_COMMAND_FAILED: .*Permission denied \(publickey/s);
  await programsEnd(missing);
  expect((await inspect("ssh://127.0.0.1:1")).message).toContain("Connection refused");
});

it("a cancelled call ends its ssh", async () => {
  const { authority } = await sshWithBuildctl();
  const silent = await daemon("unix");
  const socket = silent.address.slice("unix://".length);
  await pauseProcess(silent.pid);
  const abort = new AbortController();
  const inspected = driver.inspect(node(`ssh://${authority}${socket}`), { signal: abort.signal });
  await until("ssh to start", async () => (await pidsOf("ssh", "dial-stdio", socket)).length > 0);
  abort.abort();
  await expect(inspected).rejects.toThrow();
  process.kill(silent.pid, "SIGCONT");
  await programsEnd(socket);
});

it("a daemon is used through docker exec, and a missing container is reported", async () => {
  const { host } = lab().engine29;
  vi.stubEnv("DOCKER_HOST", host);
  onTestFinished(() => void vi.unstubAllEnvs());
  const name = `far-${process.pid}`;
  const mounts = ["-v", `${lab().buildkitd.buildctl}:/bin/buildctl`, "-v", `${dirname(labSocket())}:/far`];
  const variables = ["-e", `BUILDKIT_HOST=unix:///far/${labSocket().split("/").at(-1)}`];
  const what = [...mounts, ...variables, baseImageName, "sleep", "600"];
  await must("docker", ["run", "-d", "--name", name, "--network", "none", ...what]);
  onTestFinished(async () => void (await must("docker", ["rm", "-f", name])));
  const endpoint = `docker-container://${name}`;
  expect(await inspect(endpoint)).toMatchObject(running);
  await useNode(endpoint, async () => expect(await pidsOf("exec", name)).not.toEqual([]));
  await until("docker exec to end", async () => (await pidsOf("exec", name)).length === 0);
  await until("buildctl to end", async () => {
    const processes = await must("docker", ["top", name]);
    return !processes.stdout.includes("dial-stdio");
  });
  expect(await inspect("docker-container://no-such-container")).toMatchObject({
    reason: "BUILDKIT_COMMAND_FAILED",
    message: expect.stringContaining("No such container: no-such-container"),
  });
});

// Checks the complete command line; other tests run the real docker, podman and kubectl. Debian has no nerdctl.
it.each([
  ["podman-container://far", "podman", "exec -i far buildctl dial-stdio"],
  ["nerdctl-container://far?namespace=ci", "nerdctl", "--namespace=ci exec -i far buildctl dial-stdio"],
  [
    "kube-pod://far-0?context=lab&namespace=ci&container=buildkitd",
    "kubectl",
    "--context=lab --namespace=ci exec --container=buildkitd -i far-0 -- buildctl dial-stdio",
  ],
])("%s runs %s", async (endpoint, program, args) => {
  const { address, buildctl } = lab().buildkitd;
  const refuse = `echo "not expected: $*" >&2; exit 64`;
  await addProgram(
    program,
    `[ "$*" = "${args}" ] || { ${refuse}; }\nexec ${buildctl} --addr ${address} dial-stdio`,
  );
  expect(await inspect(endpoint)).toMatchObject(running);
  await useNode(endpoint);
  await programsEnd(address);
});

it("a missing program is reported by name", async () => {
  expect(await inspect("nerdctl-container://far")).toMatchObject({
    state: NodeState.UNREACHABLE,
    reason: "BUILDKIT_COMMAND_MISSING",
    message: expect.stringContaining("nerdctl"),
    remedy: expect.stringContaining("Install nerdctl"),
  });
});

it("a program without output is ended after the timeout", async () => {
  await addProgram("podman", `exec sleep 60.${process.pid}`);
  expect(await inspect("podman-container://far")).toMatchObject({ reason: "BUILDKIT_TIMEOUT" });
  await until("the program to end", async () => (await pidsOf("sleep", `60.${process.pid}`)).length === 0);
});
