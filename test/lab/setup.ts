import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";
import { labPath } from "./path.js";
import type { LabRecord } from "./record.js";
import { ended } from "./run.js";
import { destroyState, makeState } from "./state.js";

declare module "vitest" {
  export interface ProvidedContext {
    lab: LabRecord;
    /** PATH of the tests; undefined keeps the current one. */
    path: string | undefined;
    /** What the bundled plugins answered to Handshake, for all hosts of the tests. */
    handshakes: string;
    /** What V8 has compiled of the host's program, for all hosts of the tests: `test/host/compile-cache.cjs`. */
    compiled: string;
  }
}

/**
 * Start the lab before the tests and stop it after them, or use the running lab that `SLIPWAY_LAB_JSON` describes.
 *
 * The lab is a separate process that reads a pipe from this one: however this process ends, the lab cleans up.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  project.provide("path", await labPath());
  const handshakes = await makeState("handshakes");
  const compiled = await makeState("compiled");
  project.provide("handshakes", handshakes);
  project.provide("compiled", compiled);
  const removeFolders = async () => {
    await destroyState(handshakes);
    await destroyState(compiled);
  };
  const kept = process.env.SLIPWAY_LAB_JSON;
  if (kept) {
    project.provide("lab", JSON.parse(await readFile(kept, "utf8")));
    return removeFolders;
  }
  const up = fileURLToPath(new URL("up.ts", import.meta.url));
  const child = spawn(process.execPath, ["--import", "tsx", up, "--tied"], {
    stdio: ["pipe", "pipe", "inherit"],
    // Not in the terminal's process group: on Ctrl-C the lab must stop only after the tests.
    detached: true,
  });
  for await (const line of createInterface(child.stdout)) {
    project.provide("lab", JSON.parse(line));
    return async () => {
      await removeFolders();
      child.stdin.end();
      await ended(child);
      if (child.exitCode !== 0)
        throw new Error(`the lab ended with exit code ${child.exitCode}; its reason is above`);
    };
  }
  throw new Error("the lab did not come up; its reason is above");
}
