import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";
import { labPath } from "./path.js";
import type { LabRecord } from "./record.js";
import { ended } from "./run.js";

declare module "vitest" {
  export interface ProvidedContext {
    lab: LabRecord;
    /** PATH of the tests; undefined to leave it as it is. */
    path: string | undefined;
  }
}

/**
 * Bring the lab up before the tests and down after them; with `SLIPWAY_LAB_JSON` use the one described there instead.
 *
 * The lab is a process of its own, tied to this one by a pipe: however this one ends, the lab clears up after itself.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  project.provide("path", await labPath());
  const kept = process.env.SLIPWAY_LAB_JSON;
  if (kept) {
    project.provide("lab", JSON.parse(await readFile(kept, "utf8")));
    return async () => {};
  }
  const up = fileURLToPath(new URL("up.ts", import.meta.url));
  const child = spawn(process.execPath, ["--import", "tsx", up, "--tied"], {
    stdio: ["pipe", "pipe", "inherit"],
    // Out of the terminal's process group: a Ctrl-C must reach the lab only by way of the tests' end.
    detached: true,
  });
  for await (const line of createInterface(child.stdout)) {
    project.provide("lab", JSON.parse(line));
    return async () => {
      child.stdin.end();
      await ended(child);
      if (child.exitCode !== 0)
        throw new Error(`the lab ended with exit code ${child.exitCode}; its reason is above`);
    };
  }
  throw new Error("the lab did not come up; its reason is above");
}
