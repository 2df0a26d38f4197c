import { mkdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { run, tempDir, until } from "../lab/index.js";
import { cli, startHost } from "./host.js";

it("a host writes its log to a private file of its own, and rotates it while it runs", async () => {
  const folder = await tempDir();
  const log = join(folder, "state", "host.log");
  await mkdir(join(folder, "state"), { mode: 0o700 });
  await writeFile(log, `${"x".repeat((10 << 20) - 100)}\n`, { mode: 0o644 });
  const host = await startHost({ folder, args: ["--log-file"] });
  for (let call = 0; call < 20; call += 1) await host.plugins.listPlugins({});
  await host.host.shutdown({});
  await host.ended;
  expect(host.log()).toBe("");
  expect((await stat(`${log}.1`)).size).toBeLessThanOrEqual(10 << 20);
  const before = (await readFile(`${log}.1`, "utf8")).split("\n").slice(1, -1);
  const after = (await readFile(log, "utf8")).split("\n").slice(0, -1);
  const messages = [...before, ...after].map((line) => JSON.parse(line).message);
  expect(messages).toEqual(expect.arrayContaining(["Listening", "Stopping", "Stopped"]));
  for (const file of [log, `${log}.1`]) expect((await stat(file)).mode & 0o777).toBe(0o600);
});

it("a host whose log file cannot be opened does not start", async () => {
  const folder = await tempDir();
  const link = join(folder, "log");
  await symlink("/etc/hostname", link);
  const socket = join(folder, "run", "slipway.sock");
  const args = ["serve", "--socket", socket, "--state-dir", join(folder, "state"), "--log-file", link];
  const { code, stderr } = await run(process.execPath, [cli, ...args], {});
  expect(code).toBe(1);
  expect(stderr).toContain("The host cannot write its log: ");
});

it("a log for people, whose level changes while the host runs", async () => {
  const host = await startHost({ args: ["--log-format", "text", "--log-level", "info"] });
  const line = (level: string) => new RegExp(`^\\S+Z INFO  The log level was changed level=${level}$`, "m");
  await expect
    .poll(() => host.log())
    .toMatch(/^\d{4}-\d\d-\d\dT\S+Z INFO {2}Listening unix=unix:\/\/\S+ version=/m);
  for (const level of ["debug", "info"]) {
    host.process.kill("SIGUSR2");
    await until(`the level ${level}`, () => line(level).test(host.log()));
  }
  await host.host.shutdown({});
  await host.ended;
  expect(host.process.exitCode).toBe(0);
});
