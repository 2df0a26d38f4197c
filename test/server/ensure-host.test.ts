import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { Code, createClient } from "@connectrpc/connect";
import { expect, onTestFinished, test } from "vitest";
import { connectHost } from "../../src/client/connect.js";
import { ensureHost } from "../../src/client/host-process.js";
import { readTypedError } from "../../src/errors/typed-error.js";
import { HostService } from "../../src/gen/slipway/v1/host_pb.js";
import { until } from "../lab/index.js";
import { hostMain, shortTempDir, startTestServer } from "./test-api.js";

/** Options to ensure a host on a socket of this test; the host is killed when the test ends. */
async function place(...behaviour: string[]) {
  const folder = await shortTempDir();
  const path = join(folder, "run", "slipway.sock");
  const options = {
    address: { kind: "unix" as const, path },
    // The host is compiled when it starts, which takes long on a busy machine.
    timeoutMs: 120_000,
    spawn: {
      command: process.execPath,
      args: [...hostMain, path, ...behaviour],
      env: process.env,
    },
  };
  const pids = async () =>
    (await readFile(join(folder, "hosts"), "utf8").catch(() => "")).split("\n").filter(Boolean).map(Number);
  onTestFinished(async () => {
    for (const pid of await pids()) if (isAlive(pid)) process.kill(pid, "SIGKILL");
  });
  return { folder, path, options, pids };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test("starts one host, in its own session", async () => {
  const { options, pids, folder } = await place();
  const all = await Promise.all([1, 2, 3].map(() => ensureHost(options)));
  onTestFinished(() => {
    for (const host of all) host.close();
  });
  expect(all.map(({ started }) => started).sort()).toEqual([false, false, true]);
  for (const { transport } of all) {
    expect(await createClient(HostService, transport).negotiate({})).toMatchObject({
      host: { version: "unix" },
    });
  }
  const [pid, ...others] = await pids();
  expect(others).toEqual([]);
  const { stdout } = await promisify(execFile)("ps", ["-o", "sid=,pgid=", "-p", String(pid)]);
  expect(stdout.trim().split(/\s+/)).toEqual([String(pid), String(pid)]);
  expect(await readdir(join(folder, "run"))).toEqual(
    expect.not.arrayContaining([expect.stringContaining(".start")]),
  );

  const again = await ensureHost(options);
  expect(again.started).toBe(false);
  again.close();
});

test("two concurrent commands start one host", async () => {
  const { options, pids, path } = await place();
  const { address, timeoutMs, spawn } = options;
  const { command, args } = spawn;
  const main = new URL("../../src/client/host-process.ts", import.meta.url).href;
  const code = `const { ensureHost } = await import(${JSON.stringify(main)});
    const host = await ensureHost(${JSON.stringify({ address, timeoutMs, spawn: { command, args } })});
    console.log(host.started); host.close();`;
  const tsx = hostMain.slice(0, 2);
  const run = () =>
    promisify(execFile)(command, [...tsx, "--input-type=module", "-e", code], { env: options.spawn.env });
  const outputs = await Promise.all([run(), run()]);
  expect(outputs.map(({ stdout }) => stdout.trim()).sort()).toEqual(["false", "true"]);
  expect(await pids()).toHaveLength(1);
  // The host outlives both commands.
  (await connectHost({ kind: "unix", path })).close();
});

test("starts a new host after the old one was killed", async () => {
  const { options, pids } = await place();
  (await ensureHost(options)).close();
  const [first = 0] = await pids();
  process.kill(first, "SIGKILL");
  await until("the host to end", () => !isAlive(first));
  const second = await ensureHost(options);
  expect(second.started).toBe(true);
  second.close();
  expect(await pids()).toHaveLength(2);
});

test("an idle host stops, and the next command starts another", async () => {
  const { options, pids, folder } = await place("idle");
  const host = await ensureHost(options);
  await createClient(HostService, host.transport).negotiate({});
  // An open connection does not count as activity.
  const [first = 0] = await pids();
  await until("the host to stop", () => !isAlive(first));
  expect(await readdir(join(folder, "run"))).toEqual([]);
  const again = await ensureHost(options);
  expect(again.started).toBe(true);
  for (const each of [host, again]) each.close();
});

test("reports why a host failed to start, with the end of its output", async () => {
  const { options } = await place("exit");
  const error = await ensureHost(options).catch(readTypedError);
  expect(error).toMatchObject({
    code: Code.Unavailable,
    reason: "HOST_START_FAILED",
    message: expect.stringMatching(/exited with code 7.*\n.*the store is broken/s),
  });
  const missing = await ensureHost({ ...options, spawn: { command: "/nowhere/slipway", args: [] } }).catch(
    readTypedError,
  );
  expect(missing).toMatchObject({
    reason: "HOST_START_FAILED",
    message: expect.stringContaining("/nowhere/slipway"),
  });
});

test("kills a host that hangs at start after the timeout", async () => {
  const { options, pids, folder } = await place();
  const hang = `require("node:fs").writeFileSync("${join(folder, "hosts")}", process.pid + "\\n"); setInterval(() => {}, 1000)`;
  const spawn = { command: process.execPath, args: ["-e", hang] };
  // Long enough for the process to log its id on a busy machine.
  const error = await ensureHost({ ...options, spawn, timeoutMs: 10_000 }).catch(readTypedError);
  expect(error).toMatchObject({
    reason: "HOST_START_FAILED",
    message: expect.stringContaining("did not start in time"),
  });
  const [pid = 0] = await pids();
  expect(pid).toBeGreaterThan(0);
  expect(isAlive(pid)).toBe(false);
  expect(await readdir(join(folder, "run"))).toEqual([]);
});

test("starts no host for a TCP address", async () => {
  const { options, pids } = await place();
  const address = { kind: "tcp" as const, url: "http://127.0.0.1:1" };
  expect(await ensureHost({ ...options, address }).catch(readTypedError)).toMatchObject({
    reason: "HOST_NOT_RUNNING",
  });
  expect(await pids()).toEqual([]);
});

test("finds a running host in less than 10 ms", async () => {
  const { unixPath } = await startTestServer();
  const { options } = await place();
  // Other load on the machine does not count: once is enough.
  await until("a host to be found in less than 10 ms", async () => {
    const start = performance.now();
    const host = await ensureHost({ ...options, address: { kind: "unix", path: unixPath } });
    const ms = performance.now() - start;
    host.close();
    return !host.started && ms < 10;
  });
});

test("calls on a broken connection report that", async () => {
  const { options, pids } = await place();
  const host = await ensureHost(options);
  onTestFinished(() => host.close());
  const hanging = createClient(HostService, host.transport).negotiate({ client: { name: "hang" } });
  setTimeout(async () => process.kill((await pids())[0] ?? 0, "SIGKILL"), 200);
  expect(await hanging.catch(readTypedError)).toMatchObject({
    code: Code.Unavailable,
    reason: "HOST_CONNECTION_LOST",
  });
});
