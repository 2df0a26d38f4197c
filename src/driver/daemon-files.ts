import { isAbsolute, join, normalize, relative } from "node:path/posix";
import {
  type BuildkitdConfig,
  buildkitdToml,
  parseBuildkitdToml,
  registryFiles,
  withRegistryFiles,
} from "../config/buildkitd-toml.js";
import { type Diagnostic, Severity } from "../gen/slipway/common/v1/diagnostic_pb.js";
import { type Finding, finding } from "./finding.js";

/** Files for a daemon, by path below its configuration folder. */
export type DaemonFiles = Record<string, Uint8Array>;

/** Checks the files for a daemon: their paths, the syntax of buildkitd.toml, and that the files it names are present. */
export function checkDaemonFiles(files: DaemonFiles): Diagnostic[] {
  const found: Diagnostic[] = [];
  const report = (file: string, init: Finding) =>
    found.push(finding({ field: `daemon_files[${file}]`, ...init }));
  for (const path of Object.keys(files).filter((path) => !isPlain(path))) {
    const message = `${JSON.stringify(path)} is not a path below the daemon's configuration folder.`;
    const remedy = 'Write a relative path without "." and "..", such as certs/registry.example/ca.pem.';
    report(path, { reason: "DAEMON_FILE_PATH_INVALID", message, remedy });
  }
  const content = files[buildkitdToml];
  if (!content) return found;
  let config: BuildkitdConfig;
  try {
    config = parseBuildkitdToml(content);
  } catch (error) {
    const message = `${buildkitdToml} cannot be read: ${(error as Error).message}.`;
    report(buildkitdToml, { reason: "DAEMON_CONFIG_INVALID", message, remedy: "Correct the file." });
    return found;
  }
  for (const { registry, path } of registryFiles(config)) {
    if (files[normalize(path)]) continue;
    const message = `${buildkitdToml} names the file ${path} for the registry ${registry}, but the file is missing.`;
    const remedy = "Add it to the daemon's files, and name it by its path there.";
    // An absolute path may exist in the daemon's image.
    const problem = isAbsolute(path)
      ? { severity: Severity.WARNING, reason: "DAEMON_FILE_ELSEWHERE" }
      : { reason: "DAEMON_FILE_MISSING" };
    report(buildkitdToml, { ...problem, message, remedy });
  }
  return found;
}

/** The files for a daemon's configuration folder. Relative paths in buildkitd.toml become absolute. */
export function placeDaemonFiles(files: DaemonFiles, folder: string): DaemonFiles {
  const content = files[buildkitdToml];
  if (!content) return files;
  const config = parseBuildkitdToml(content);
  if (registryFiles(config).every(({ path }) => isAbsolute(path))) return files;
  const placed = withRegistryFiles(config, ({ path }) => (isAbsolute(path) ? path : join(folder, path)));
  return { ...files, [buildkitdToml]: placed };
}

/** Whether a path is relative, in normal form, and does not leave its folder. */
function isPlain(path: string): boolean {
  return relative("/", join("/", path)) === path && path !== "" && !path.includes("\0");
}
