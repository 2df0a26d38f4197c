import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { cli, startHost } from "../host/host.js";
import { run, tempDir, until } from "../lab/index.js";

it("a second host on the same socket is refused, and the first one continues", async () => {
  const host = await startHost();
  const args = ["serve", "--socket", host.socket, "--state-dir", join(await tempDir(), "state")];
  const second = await run(process.execPath, [cli, ...args]);
  expect(second.code).toBe(1);
  expect(second.stderr).toContain(String(host.process.pid));
  expect(second.stderr).toContain(host.socket);
  expect((await host.host.negotiate({})).host?.name).toBe("slipway");
});

it("a second host on the same state is refused, with a remedy", async () => {
  const host = await startHost();
  const socket = join(await tempDir(), "run", "slipway.sock");
  const args = ["serve", "--socket", socket, "--state-dir", join(host.folder, "state")];
  const second = await run(process.execPath, [cli, ...args]);
  expect(second.code).toBe(1);
  expect(second.stderr).toContain("--state-dir");
  expect(existsSync(socket)).toBe(false);
});

it("an idle host ends by itself, and leaves no socket", async () => {
  const folder = await tempDir();
  const socket = join(folder, "run", "slipway.sock");
  const args = ["serve", "--socket", socket, "--state-dir", join(folder, "state"), "--idle-timeout", "1s"];
  const child = spawn(process.execPath, [cli, ...args], { stdio: "ignore" });
  await until("the host exits", () => child.exitCode === 0);
  expect(existsSync(socket)).toBe(false);
});
