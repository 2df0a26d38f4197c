import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createConnection } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { freePort, run, tempDir, until } from "../lab/index.js";
import { programPath } from "../lab/path.js";
import { ended } from "../lab/run.js";
import { cli } from "./host.js";

/** A host that systemd's tool starts when somebody connects to the address on which the tool listens. */
async function activate(address: (folder: string) => string) {
  const folder = await tempDir();
  const socket = join(folder, "slipway.sock");
  const serve = [process.execPath, cli, "serve", "--socket", socket, "--state-dir", join(folder, "state")];
  const args = [`--listen=${address(folder)}`, ...serve];
  const child: ChildProcess = spawn(programPath("systemd-socket-activate"), args, {
    env: { ...process.env, HOME: folder },
    stdio: ["ignore", "ignore", "pipe"],
  });
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended(child);
  });
  return { folder, socket, child, log: text(child.stderr!) };
}

test("a host serves on the socket that a service manager passes, and leaves it there", async () => {
  const { folder, socket, child } = await activate((folder) => join(folder, "slipway.sock"));
  await until("the socket", async () => existsSync(socket));
  const env = { ...process.env, HOME: folder, SLIPWAY_HOST: `unix://${socket}` };
  const client = (...args: string[]) => run(process.execPath, [cli, ...args], { env });
  // The first client starts the host, and waits for it.
  expect(await client("plugins")).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("docker-container"),
  });
  expect(await client("plugins", "restart", "remote")).toMatchObject({ code: 0 });
  child.kill("SIGTERM");
  await ended(child);
  expect([child.exitCode, existsSync(socket)]).toEqual([0, true]);
});

test("a host refuses a socket on the network: it asks callers on its socket for no token", async () => {
  const port = await freePort();
  const { child, log } = await activate(() => `127.0.0.1:${port}`);
  await until(
    "the activator to listen",
    () =>
      new Promise<boolean>((resolve) => {
        const socket = createConnection({ port, host: "127.0.0.1" });
        socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
        onTestFinished(() => void socket.destroy());
      }),
  );
  await ended(child);
  expect(child.exitCode).toBe(1);
  expect(await log).toContain("the service manager passed a socket on the network");
});
