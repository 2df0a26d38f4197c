import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

test.each(["process.exit(3)", "throw new Error('crash')"])("%s leaves no child behind", async (end) => {
  const code = `
    const { spawn } = await import("node:child_process");
    const { killOnExit } = await import(${JSON.stringify(new URL("kill-on-exit.ts", import.meta.url).href)});
    const deaf = "process.on('SIGTERM', () => {}); console.log('ready'); setInterval(() => {}, 1000)";
    const child = spawn(process.execPath, ["-e", deaf], { stdio: ["ignore", "pipe", "ignore"] });
    killOnExit(child);
    child.stdout.once("data", () => {
      console.log(child.pid);
      setImmediate(() => { ${end} });
    });`;
  const args = ["--import", import.meta.resolve("tsx"), "--input-type=module", "-e", code];
  const { stdout } = await promisify(execFile)(process.execPath, args).catch((error) => error);
  const pid = Number(stdout);
  expect(pid).toBeGreaterThan(0);
  await expect.poll(() => isAlive(pid)).toBe(false);
});
