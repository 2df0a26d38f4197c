import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fromJson, type JsonValue } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { formatResult, formatSummary, runConformance } from "../../src/conformance/index.js";
import { NodeConfigSchema } from "../../src/gen/slipway/driver/v1/node_pb.js";
import { manifestName, parseManifest } from "../../src/plugin-protocol/manifest.js";
import { tables, withColumn } from "./table.js";

const root = join(import.meta.dirname, "../..");
const page = join(root, "docs/conformance.md");

declare module "vitest" {
  interface TaskMeta {
    /** The data that scripts/conformance-table.ts prints. */
    conformance?: { driver: string; outcomes: Record<string, string> };
  }
}

/** A driver of this repository: the folder of its plugin, and a node to test it with. */
interface TestedDriver {
  driver: string;
  folder(): Promise<string> | string;
  config(): Promise<JsonValue> | JsonValue;
  /** A node whose backend cannot be reached; by default made by the kit. */
  unreachable?(): JsonValue;
}

/** Folder of a bundled plugin. */
export function bundled(name: string): string {
  return join(root, "plugins", name);
}

/**
 * Checks a driver against the protocol, and its column of docs/conformance.md against the results. Each driver has its
 * own test file, so that they run in parallel; `-u` writes the column.
 */
export function testDriver({ driver, folder, config, unreachable }: TestedDriver): void {
  test(`the driver ${driver} conforms, and docs/conformance.md has its results`, async ({ task }) => {
    const cwd = await folder();
    const machine = { platform: process.platform, arch: process.arch, node: process.execPath };
    const { command } = parseManifest(readFileSync(join(cwd, manifestName), "utf8"), cwd, machine);
    const node = (json: JsonValue) => ({ config: fromJson(NodeConfigSchema, json), environment: {} });
    const backend = {
      ...node(await config()),
      ...(unreachable && { unreachable: node(unreachable()) }),
    };
    const report = await runConformance({ command: command!, cwd, driver, backend });
    const outcomes = Object.fromEntries(report.results.map(({ id, outcome }) => [id, outcome]));
    task.meta.conformance = { driver, outcomes };
    process.stdout.write(formatSummary(report));
    const violations = report.results.filter(({ outcome }) => outcome !== "passed" && outcome !== "skipped");
    expect(violations.map(formatResult).join("")).toBe("");
    await expect(
      withColumn(readFileSync(page, "utf8"), tables.drivers, driver, report.results),
    ).toMatchFileSnapshot(page);
  }, 600_000);
}
