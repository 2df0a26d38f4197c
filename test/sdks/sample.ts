import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import {
  type BackendInit,
  type ConformanceOptions,
  checks,
  formatResult,
  runConformance,
} from "../../src/conformance/index.js";
import { writeManifest } from "../fixtures/plugins/install.js";
import { contextOf, fromPath, mustBuild, runBuild } from "../host/build.js";
import { startHost } from "../host/host.js";
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

/** Builds with the sample driver of an SDK on a host; its command is relative to the folder. */
export async function mustBuildOnHost(command: readonly string[], folder: string): Promise<void> {
  await writeManifest(folder, { name: "sample", version: "1.0.0", drivers: ["sample"], command });
  const host = await startHost({ plugins: [folder] });
  await host.builders.createBuilder({ name: "b", driver: "sample" });
  const context = fromPath(await contextOf({ Dockerfile: "COPY file /copied\n", file: "the content\n" }));
  const value = join(await tempDir(), "out");
  const outputs = [{ type: "local", destination: { case: "path" as const, value } }];
  const { steps } = await mustBuild(host, { builder: "b", context, outputs });
  expect(steps).toEqual(["COPY file /copied"]);
  expect(await readFile(join(value, "copied"), "utf8")).toBe("the content\n");
  const missing = fromPath(await contextOf({ Dockerfile: "COPY missing /\n" }));
  const { finished } = await runBuild(host, { builder: "b", context: missing });
  expect(finished.error).toMatchObject({ reason: "FILE_NOT_FOUND" });
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
