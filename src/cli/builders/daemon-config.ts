import { readFile, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import {
  buildkitdToml,
  parseBuildkitdToml,
  type RegistryFile,
  registryFiles,
  withRegistryFiles,
} from "../../config/buildkitd-toml.js";
import { InputError } from "../../errors/input-error.js";
import type { Host } from "../host.js";
import { allDrivers } from "../list-all.js";
import { buildxFolder } from "../local-state/local-state.js";

/** Maximum size of a file, in bytes. */
const maxBytes = 1024 * 1024;

/**
 * Reads buildkitd's configuration for a daemon with another file system. Also reads the certificates and keys that it
 * names, and replaces their paths by those at the daemon, `certs/<registry>/<file>`.
 */
export async function readDaemonConfig(path: string): Promise<Record<string, Uint8Array>> {
  const content = await readSmall(path, "BuildKit's configuration");
  const config = parse(path, content);
  if (registryFiles(config).length === 0) return { [buildkitdToml]: content };
  const places = new Map<string, string>();
  const files: Record<string, Uint8Array> = {};
  for (const file of registryFiles(config)) {
    const place = places.get(file.path) ?? placeOf(file, files);
    places.set(file.path, place);
    files[place] ??= await readSmall(file.path, `the file of the registry ${file.registry} in ${path}`);
  }
  return { ...files, [buildkitdToml]: withRegistryFiles(config, (file) => places.get(file.path)!) };
}

/** Flags that select the configuration. */
export interface DaemonConfigFlags {
  buildkitdConfig?: string;
  driver?: string;
}

/**
 * The files for the daemon of a new node: the named configuration, or else buildx's `buildkitd.default.toml` for drivers
 * that support one.
 */
export async function daemonFiles(
  { buildkitdConfig, driver }: DaemonConfigFlags,
  { plugins }: Pick<Host, "plugins">,
  env = process.env,
): Promise<Record<string, Uint8Array>> {
  if (buildkitdConfig) return readDaemonConfig(buildkitdConfig);
  const path = await defaultDaemonConfig(env);
  if (!path || !driver) return {};
  const known = await allDrivers({ plugins });
  const found = known.find(({ name }) => name === driver);
  return found?.capabilities.some(({ id }) => id === "daemon.config") ? readDaemonConfig(path) : {};
}

async function defaultDaemonConfig(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const folder = buildxFolder(env);
  if (!folder) return undefined;
  const path = join(folder, "buildkitd.default.toml");
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() ? path : undefined;
}

function parse(path: string, content: Uint8Array) {
  try {
    return parseBuildkitdToml(content);
  } catch (error) {
    throw invalid(`BuildKit's configuration ${path} cannot be read: ${(error as Error).message}`);
  }
}

/** A unique path for a file, even if files have the same name and registries similar names. */
function placeOf({ registry, path }: RegistryFile, taken: Record<string, unknown>): string {
  const folder = registry.replaceAll(/[^a-zA-Z0-9.-]+/g, "_").replace(/^\.+$/, "_");
  for (let number = 1; ; number++) {
    const place = `certs/${folder}${number > 1 ? `-${number}` : ""}/${basename(path)}`;
    if (taken[place] === undefined) return place;
  }
}

async function readSmall(path: string, what: string): Promise<Uint8Array> {
  const content = await readFile(path).catch((error: Error) => {
    throw invalid(`Cannot read ${what}: ${error.message}`);
  });
  if (content.length <= maxBytes) return content;
  throw invalid(`${path} is larger than 1 MiB, the limit for ${what}.`);
}

function invalid(message: string): InputError {
  return new InputError({ reason: "DAEMON_CONFIG_INVALID", field: "--buildkitd-config", message });
}
