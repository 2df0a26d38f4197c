import { parse, stringify, TomlError } from "smol-toml";

/** Name of buildkitd's configuration among the files for a daemon. */
export const buildkitdToml = "buildkitd.toml";

/** The parts of a buildkitd.toml that Slipway reads. */
export interface BuildkitdConfig {
  "insecure-entitlements"?: unknown;
  registry?: unknown;
}

/** A file that a registry block names: the certificate of an authority, or one half of a key pair. */
export interface RegistryFile {
  /** Host of the registry. */
  registry: string;
  path: string;
}

/** Parses a buildkitd.toml. Throws an Error with line and column. */
export function parseBuildkitdToml(content: Uint8Array): BuildkitdConfig {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(content);
    return parse(text, { integersAsBigInt: true });
  } catch (error) {
    if (!(error instanceof TomlError)) throw new Error("it is not UTF-8");
    const [, why = error.message] = /^Invalid TOML document: (.*)/.exec(error.message) ?? [];
    throw new Error(`line ${error.line}, column ${error.column}: ${why}`);
  }
}

/** The entitlements that a configuration grants to all builds. */
export function entitlementsOf(config: BuildkitdConfig): string[] {
  return listOf(config["insecure-entitlements"]).filter((value) => typeof value === "string");
}

/** The mirrors of all registries: `host[:port]`, with or without a path. */
export function mirrorsOf(config: BuildkitdConfig): string[] {
  const blocks = Object.values(tableOf(config.registry)).map(tableOf);
  return blocks.flatMap(({ mirrors }) => listOf(mirrors)).filter((mirror) => typeof mirror === "string");
}

/** The files that the registry blocks name, in order. */
export function registryFiles(config: BuildkitdConfig): RegistryFile[] {
  const files: RegistryFile[] = [];
  visit(config, (file) => {
    files.push(file);
    return file.path;
  });
  return files;
}

/** The configuration as text, with new paths for the files that its registry blocks name. */
export function withRegistryFiles(config: BuildkitdConfig, move: (file: RegistryFile) => string): Uint8Array {
  const moved = structuredClone(config);
  visit(moved, move);
  return new TextEncoder().encode(stringify(moved, { numbersAsFloat: true }));
}

/** Calls `move` with each file of the registry blocks and replaces its path by the result. */
function visit(config: BuildkitdConfig, move: (file: RegistryFile) => string): void {
  for (const [registry, block] of Object.entries(tableOf(config.registry))) {
    const settings = tableOf(block);
    const moved = (path: unknown) => (typeof path === "string" ? move({ registry, path }) : path);
    if (Array.isArray(settings.ca)) settings.ca = settings.ca.map(moved);
    for (const pair of listOf(settings.keypair).map(tableOf))
      for (const half of ["key", "cert"]) if (pair[half] !== undefined) pair[half] = moved(pair[half]);
  }
}

function tableOf(value: unknown): Record<string, unknown> {
  return value !== null && typeof value === "object" ? (value as Record<string, unknown>) : {};
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
