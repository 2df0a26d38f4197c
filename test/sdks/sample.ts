import { expect } from "vitest";
import {
  type BackendInit,
  type ConformanceOptions,
  checks,
  formatResult,
  runConformance,
} from "../../src/conformance/index.js";
import { tempDir } from "../lab/index.js";

/** Checks the sample driver of an SDK: it builds by itself, and has an image store. */
export async function mustConform(
  command: readonly [program: string, ...args: string[]],
  cwd: string,
): Promise<void> {
  const environment = { SAMPLE_STORE: await tempDir() };
  const mustPass = (node: Omit<BackendInit, "config">, only?: string[]) =>
    mustPassChecks({ command, cwd, only, backend: { config: {}, ...node } });
  await mustPass({ environment });
  const only = checks.map(({ id }) => id).filter((id) => id.startsWith("DRV-STORE"));
  const unreachable = { config: {}, environment: { SAMPLE_STORE: "/nonexistent" } };
  // How archives travel: in messages, to a server that the host reaches, and to one that only the plugin reaches.
  for (const SAMPLE_SERVER of ["", "direct", "relayed"])
    await mustPass({ environment: { ...environment, SAMPLE_SERVER }, unreachable }, only);
}

/** All checks must pass that apply to the driver; a selection must apply to it. */
async function mustPassChecks(options: ConformanceOptions): Promise<void> {
  const { results } = await runConformance(options);
  const accepted = options.only ? ["passed"] : ["passed", "skipped"];
  const others = results.filter(({ outcome }) => !accepted.includes(outcome));
  expect(others.map(formatResult).join("")).toBe("");
  const skipped = results.filter(({ id, outcome }) => outcome === "skipped" && id.startsWith("DRV-NATIVE-"));
  expect(skipped).toEqual([]);
}
