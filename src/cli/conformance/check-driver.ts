import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fromJson, type JsonValue } from "@bufbuild/protobuf";
import { type BackendInit, checks, describeCheck, needOf, runConformance } from "../../conformance/index.js";
import { InputError } from "../../errors/input-error.js";
import { NodeConfigSchema } from "../../gen/slipway/driver/v1/node_pb.js";
import { manifestName, parseManifest } from "../../plugin-protocol/manifest.js";
import { flagsConflict } from "../flags-conflict.js";
import { readReattach } from "../plugins/read-reattach.js";
import type { DriverFlags } from "./flags.js";
import { commandAfterDashes, listChecks, runKit } from "./run-kit.js";

/** `slipway conformance driver` */
export async function checkDriver(plugin: string[], flags: DriverFlags): Promise<void> {
  if (flags.list) {
    return listChecks(
      checks.map((check) => ({ ...describeCheck(check), needs: needOf(check) })),
      flags,
    );
  }
  const { config, driver, only } = flags;
  await runKit(flags, async (onResult) => {
    const source = await sourceOf(plugin, flags);
    const backend = config ? await readBackend(config) : undefined;
    return runConformance({ ...source, driver, only, backend, onResult });
  });
}

/** The plugin that runs already, or the command that starts it. */
async function sourceOf(plugin: string[], { attach }: DriverFlags) {
  if (attach === undefined) return commandOf(plugin);
  if (plugin.length > 0)
    throw flagsConflict("--attach", "--attach and a command cannot be used together", "Give one of both.");
  return { attach: await readReattach(attach, () => process.stdin) };
}

/** The command to run: the given one, or that of a plugin's manifest. */
async function commandOf(given: string[]) {
  const [program, ...args] = commandAfterDashes(
    given,
    "plugin",
    "slipway conformance -- ./my-driver --serve",
  );
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
    const { unreachable, earlier = [], ...given } = JSON.parse(await readFile(path, "utf8"));
    return {
      ...readNode(given),
      earlier: earlier.map(readEarlier),
      ...(unreachable && { unreachable: readNode(unreachable) }),
    };
  } catch (cause) {
    throw new InputError({
      reason: "CONFIG_INVALID",
      field: "config",
      message: `The configuration ${path} cannot be used: ${(cause as Error).message}`,
      remedy: 'Write {"config": {"endpoint": "…", "options": {}}, "environment": {}}.',
    });
  }
}

function readEarlier({ version, config }: Record<string, JsonValue>) {
  if (typeof version !== "number") throw new Error("an earlier configuration has no version");
  return { version, config: fromJson(NodeConfigSchema, config ?? {}) };
}

function readNode({ config, environment = {}, ...rest }: Record<string, JsonValue>) {
  const unknown = Object.keys(rest)[0];
  if (unknown)
    throw new Error(`the field "${unknown}" is unknown; use config, environment, unreachable and earlier`);
  return {
    config: fromJson(NodeConfigSchema, config ?? {}),
    environment: environment as Record<string, string>,
  };
}
