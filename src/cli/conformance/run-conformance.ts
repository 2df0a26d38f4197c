import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fromJson } from "@bufbuild/protobuf";
import { InputError } from "../../buildkit/input-error.js";
import {
  type Backend,
  formatResult,
  formatSummary,
  runConformance,
  toJunit,
} from "../../conformance/index.js";
import { NodeConfigSchema } from "../../gen/slipway/driver/v1/node_pb.js";
import { manifestName, parseManifest } from "../../host/plugins/manifest.js";
import { ExitCode } from "../command-error.js";

/** Flags of `slipway conformance`. */
export interface ConformanceFlags {
  config?: string;
  driver?: string;
  json?: boolean;
  junit?: string;
  only?: string[];
}

/** `slipway conformance` */
export async function runConformanceCommand(plugin: string[], flags: ConformanceFlags): Promise<void> {
  const { driver, only, json } = flags;
  const report = await runConformance({
    ...(await commandOf(plugin)),
    driver,
    only,
    backend: flags.config ? await readBackend(flags.config) : undefined,
    onResult: (result) => void (json || process.stdout.write(formatResult(result))),
  });
  process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : formatSummary(report));
  if (flags.junit) await writeFile(flags.junit, toJunit(report));
  if (report.results.some(({ outcome }) => outcome === "failed")) throw new ExitCode(1);
}

/** What to run: the command itself, or that of a plugin's manifest. */
async function commandOf([program = "", ...args]: string[]) {
  const manifest = join(program, manifestName);
  if (args.length > 0 || !existsSync(manifest)) {
    const command: [string, ...string[]] = [program, ...args];
    return { command, cwd: process.cwd() };
  }
  const folder = resolve(program);
  const machine = { platform: process.platform, arch: process.arch, node: process.execPath };
  const unusable = (message: string) =>
    new InputError({ reason: "PLUGIN_UNUSABLE", field: "command", message });
  try {
    const { command } = parseManifest(await readFile(manifest, "utf8"), folder, machine);
    if (command) return { command, cwd: folder };
  } catch (cause) {
    throw unusable((cause as Error).message);
  }
  throw unusable(`${manifest} names no command: the kit starts the plugins that it checks`);
}

async function readBackend(path: string): Promise<Backend> {
  try {
    const { config, environment = {}, ...rest } = JSON.parse(await readFile(path, "utf8"));
    const unknown = Object.keys(rest)[0];
    if (unknown) throw new Error(`it has no field "${unknown}", only config and environment`);
    return { config: fromJson(NodeConfigSchema, config ?? {}), environment };
  } catch (cause) {
    throw new InputError({
      reason: "CONFIG_INVALID",
      field: "config",
      message: `the configuration ${path} cannot be used: ${(cause as Error).message}`,
      remedy: 'Write {"config": {"endpoint": "…", "options": {}}, "environment": {}}.',
    });
  }
}
