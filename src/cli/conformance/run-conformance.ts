import { existsSync } from "node:fs";
import { open, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fromJson, type JsonValue } from "@bufbuild/protobuf";
import {
  type BackendInit,
  checks,
  conforms,
  describeCheck,
  formatList,
  formatResult,
  formatSummary,
  needOf,
  type Result,
  runConformance,
  toJunit,
} from "../../conformance/index.js";
import { InputError } from "../../errors/input-error.js";
import { NodeConfigSchema } from "../../gen/slipway/driver/v1/node_pb.js";
import { manifestName, parseManifest } from "../../plugin-protocol/manifest.js";
import { ExitCode } from "../command-error.js";
import { reportError } from "../report-error.js";

/** Flags of `slipway conformance`. */
export interface ConformanceFlags {
  config?: string;
  driver?: string;
  json?: boolean;
  junit?: string;
  list?: boolean;
  only?: string[];
}

/** Exit code for an invalid command line; nothing was checked. */
export const usageCode = 2;

/** `slipway conformance` */
export async function runConformanceCommand(plugin: string[], flags: ConformanceFlags): Promise<void> {
  if (flags.list) return list(flags);
  try {
    const report = await check(plugin, flags);
    if (!conforms(report)) throw new ExitCode(1);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    process.stderr.write(reportError(error).text);
    throw new ExitCode(usageCode);
  }
}

async function check(plugin: string[], { config, driver, json, junit, only }: ConformanceFlags) {
  const options = {
    ...(await commandOf(plugin)),
    driver,
    only,
    backend: config ? await readBackend(config) : undefined,
    onResult: (result: Result) => void (json || process.stdout.write(formatResult(result))),
  };
  // Opened first, so that an unwritable path is reported before the checks, which take minutes.
  const file = junit ? await open(junit, "w").catch((cause: Error) => cannotWrite(junit, cause)) : undefined;
  try {
    const report = await runConformance(options);
    process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : formatSummary(report));
    await file?.writeFile(toJunit(report));
    return report;
  } finally {
    await file?.close();
  }
}

function list({ json }: ConformanceFlags): void {
  const all = checks.map((check) => ({ ...describeCheck(check), needs: needOf(check) }));
  process.stdout.write(json ? `${JSON.stringify(all, null, 2)}\n` : formatList(checks));
}

function cannotWrite(path: string, cause: Error): never {
  const message = `The report cannot be written to ${path}: ${cause.message}`;
  throw new InputError({ reason: "REPORT_UNWRITABLE", field: "junit", message });
}

/** The command to run: the given one, or that of a plugin's manifest. */
async function commandOf([program = "", ...args]: string[]) {
  if (!program) {
    throw new InputError({
      reason: "COMMAND_MISSING",
      field: "command",
      message: "There is no plugin to check.",
      remedy: "Name its command or its folder: slipway conformance -- ./my-driver --serve.",
    });
  }
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
  throw unusable(`${manifest} has no command. The kit starts the plugins that it checks.`);
}

async function readBackend(path: string): Promise<BackendInit> {
  try {
    const { unreachable, ...given } = JSON.parse(await readFile(path, "utf8"));
    return { ...readNode(given), ...(unreachable && { unreachable: readNode(unreachable) }) };
  } catch (cause) {
    throw new InputError({
      reason: "CONFIG_INVALID",
      field: "config",
      message: `The configuration ${path} cannot be used: ${(cause as Error).message}`,
      remedy: 'Write {"config": {"endpoint": "…", "options": {}}, "environment": {}}.',
    });
  }
}

function readNode({ config, environment = {}, ...rest }: Record<string, JsonValue>) {
  const unknown = Object.keys(rest)[0];
  if (unknown) throw new Error(`the field "${unknown}" is unknown; use config, environment and unreachable`);
  return {
    config: fromJson(NodeConfigSchema, config ?? {}),
    environment: environment as Record<string, string>,
  };
}
