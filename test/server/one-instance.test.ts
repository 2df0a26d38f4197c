import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, lstat, mkdir, readdir, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { createClient } from "@connectrpc/connect";
import { expect, onTestFinished, test } from "vitest";
import { connectHost } from "../../src/client/connect.js";
import { readTypedError } from "../../src/errors/typed-error.js";
import { HostService } from "../../src/gen/slipway/v1/host_pb.js";
import { until } from "../lab/index.js";
import { hostMain, shortTempDir, startTestServer } from "./test-api.js";

/** Starts a host in a separate process. */
async function startProcess(unixPath: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [...hostMain, unixPath], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child.stdout!, "data");
  return child;
}

const tryStart = (unixPath: string) =>
  startTestServer({ listen: { unixPath } }).then(() => "started", readTypedError);

test("only the user can access the socket and its folder", async () => {
  const folder = join(await shortTempDir(), "run", "slipway");
  const { unixPath, server } = await startTestServer({ listen: { unixPath: join(folder, "slipway.sock") } });
  expect((await lstat(folder)).mode & 0o777).toBe(0o700);
  expect((await lstat(unixPath)).mode & 0o777).toBe(0o600);
  expect(server.addresses).toEqual({ unix: `unix://${unixPath}` });
  await server.close();
  expect(await readdir(folder)).toEqual([]);
});

test("a second host on the same socket is refused with the first one's process id", async () => {
  const { unixPath } = await startTestServer();
  expect(await tryStart(unixPath)).toMatchObject({
    reason: "HOST_ALREADY_RUNNING",
    metadata: { pid: String(process.pid), socket: unixPath },
    message: expect.stringContaining(String(process.pid)),
  });
  const host = await connectHost({ kind: "unix", path: unixPath });
  onTestFinished(() => host.close());
  expect(await createClient(HostService, host.transport).negotiate({})).toMatchObject({
    host: { version: "unix" },
  });
});

test("takes over the socket of a killed host", async () => {
  const unixPath = join(await shortTempDir(), "slipway.sock");
  const child = await startProcess(unixPath);
  expect(await tryStart(unixPath)).toMatchObject({ metadata: { pid: String(child.pid) } });
  child.kill("SIGKILL");
  await once(child, "exit");
  expect((await lstat(unixPath)).isSocket()).toBe(true);
  const { server } = await startTestServer({ listen: { unixPath } });
  const host = await connectHost({ kind: "unix", path: unixPath });
  onTestFinished(() => host.close());
  expect(await createClient(HostService, host.transport).negotiate({})).toMatchObject({ host: {} });
  await server.close({ graceMs: 0 });
  expect(await readdir(join(unixPath, ".."))).toEqual([]);
});

test("waits for a host that is stopping", async () => {
  const { unixPath, server } = await startTestServer();
  const host = await connectHost({ kind: "unix", path: unixPath });
  onTestFinished(() => host.close());
  const slow = createClient(HostService, host.transport).negotiate({
    client: { name: "slow", version: "500" },
  });
  await until("the call to run", () => server.activity.held === 1);
  const closed = server.close({ graceMs: 5000 });
  const next = await startTestServer({ listen: { unixPath } });
  await closed;
  expect(await slow).toMatchObject({ host: { name: "slow" } });
  await next.server.close({ graceMs: 0 });
});

test("one of many concurrent starts succeeds", async () => {
  const unixPath = join(await shortTempDir(), "slipway.sock");
  const results = await Promise.all(Array.from({ length: 6 }, () => tryStart(unixPath)));
  expect(results.filter((result) => result === "started")).toHaveLength(1);
  for (const result of results)
    if (result !== "started") expect(result).toMatchObject({ reason: "HOST_ALREADY_RUNNING" });
});

test("keeps a socket of another program and a file that is not a socket", async () => {
  const folder = await shortTempDir();
  const foreign = join(folder, "foreign.sock");
  const program = createServer().listen(foreign);
  onTestFinished(() => void program.close());
  await once(program, "listening");
  expect(await tryStart(foreign)).toMatchObject({ reason: "HOST_ALREADY_RUNNING" });
  const file = join(folder, "file.sock");
  await writeFile(file, "precious");
  expect(await tryStart(file)).toMatchObject({
    reason: "LISTEN_FAILED",
    message: expect.stringContaining("not a socket"),
  });
  expect((await readdir(folder)).sort()).toEqual(["file.sock", "foreign.sock"]);
});

test("refuses folders that others can access and paths that are too long", async () => {
  const folder = await shortTempDir();
  const open = join(folder, "open");
  await mkdir(open);
  await chmod(open, 0o755);
  expect(await tryStart(join(open, "s.sock"))).toMatchObject({
    reason: "SOCKET_FOLDER_UNSAFE",
    remedy: `Run: chmod 700 ${open}`,
  });
  await symlink(folder, join(folder, "link"));
  expect(await tryStart(join(folder, "link", "s.sock"))).toMatchObject({ reason: "SOCKET_FOLDER_UNSAFE" });
  expect(await tryStart(join(folder, "x".repeat(90), "s.sock"))).toMatchObject({
    reason: "SOCKET_PATH_TOO_LONG",
  });
});
