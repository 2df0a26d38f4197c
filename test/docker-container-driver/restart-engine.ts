import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { onTestFinished } from "vitest";
import { engineApi, type RunningEngine, until } from "../lab/index.js";

/** Kills an engine. Returns a function that starts it again with the same data. */
export async function restartEngine(engine: RunningEngine): Promise<() => Promise<void>> {
  const strings = async (file: string) =>
    (await readFile(`/proc/${engine.pid}/${file}`, "utf8")).split("\0").filter(Boolean);
  const [command, ...args] = (await strings("cmdline")) as [string, ...string[]];
  const environment = (await strings("environ")).map((line) => {
    const at = line.indexOf("=");
    return [line.slice(0, at), line.slice(at + 1)];
  });
  await engine.kill();
  return async () => {
    const child = spawn(command, args, { env: Object.fromEntries(environment), stdio: "ignore" });
    onTestFinished(async () => {
      child.kill("SIGKILL");
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    });
    await until("the engine to answer", () => engineApi(engine.socket, "GET", "/_ping"));
  };
}
