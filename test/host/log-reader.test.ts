import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createConnection } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { expect, it, onTestFinished } from "vitest";
import { HostService } from "../../src/gen/slipway/v1/host_pb.js";
import { tempDir, until } from "../lab/index.js";
import { cli } from "./host.js";

/**
 * A module that makes the host log a line, which is longer than what a socket keeps for its reader, and end after it
 * on SIGALRM. Two signals from outside would have no order: the kernel delivers the one with the lower number first.
 */
const longLine = `
const logLine = () => void Promise.reject(new Error("long".repeat(500_000)));
if (process.argv.includes("serve")) {
  process.on("SIGWINCH", logLine);
  process.on("SIGALRM", () => {
    logLine();
    setImmediate(() => process.kill(process.pid, "SIGTERM"));
  });
}
`;

/** A host whose log is a socket, as for a service whose log journald keeps, that nobody reads yet. */
async function startUnread(): Promise<{ host: ChildProcess; serves(): Promise<boolean> }> {
  const folder = await tempDir();
  const preload = join(folder, "long-line.mjs");
  await writeFile(preload, longLine);
  const socket = join(folder, "run", "slipway.sock");
  const args = [cli, "serve", "--socket", socket, "--state-dir", join(folder, "state")];
  const host = spawn(process.execPath, args, {
    env: { ...process.env, HOME: folder, NODE_OPTIONS: `--import=${pathToFileURL(preload)}` },
    stdio: ["ignore", "ignore", "pipe"],
  });
  onTestFinished(() => void host.kill("SIGKILL"));
  const nodeOptions = { createConnection: () => createConnection(socket) };
  const service = createClient(
    HostService,
    createGrpcTransport({ baseUrl: "http://localhost", nodeOptions }),
  );
  const serves = () =>
    service.negotiate({}).then(
      () => true,
      () => false,
    );
  await until("the host to serve", serves);
  return { host, serves };
}

it("the log is whole when its reader comes after the host has stopped", async () => {
  const { host } = await startUnread();
  const exited = once(host, "exit");
  host.kill("SIGALRM");
  await sleep(3_000);
  const lines = (await text(host.stderr!)).trimEnd().split("\n");
  expect(lines.map((line) => JSON.parse(line).message)).toEqual([
    "Listening",
    "A promise was rejected and nothing handled it",
    "Stopping",
    "Stopped",
  ]);
  expect(await exited).toEqual([0, null]);
});

it("a reader that stays and does not read keeps no host from ending", async () => {
  const { host } = await startUnread();
  host.kill("SIGALRM");
  const [code] = await once(host, "exit");
  expect(code).toBe(0);
});

it("the host goes on when the reader of its log has gone", async () => {
  const { host, serves } = await startUnread();
  host.stderr!.destroy();
  host.kill("SIGWINCH");
  await sleep(500);
  expect([await serves(), host.exitCode]).toEqual([true, null]);
  host.kill("SIGTERM");
  const [code] = await once(host, "exit");
  expect(code).toBe(0);
});
