import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, isAbsolute } from "node:path";
import { type Finding, ok, problem, warning } from "../../../host/diagnosis/finding.js";
import { defaultSocketPath } from "../../../host-address/socket-path.js";
import type { DoctorCheck } from "../doctor-check.js";

/** The folders of the XDG Base Directory Specification can be used. */
export const xdgFolders: DoctorCheck = {
  id: "xdg-folders",
  group: "Environment",
  run: ({ env }) => checkXdgFolders(env),
};

/** Checks the variables that name folders, and the folders. */
export async function checkXdgFolders(
  env: NodeJS.ProcessEnv,
  uid = process.getuid?.() ?? 0,
): Promise<Finding[]> {
  const names = ["XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"];
  const found = await Promise.all([
    checkRuntimeFolder(env, uid),
    ...names.map((name) => checkFolder(name, env[name])),
    checkFolder("HOME", env.HOME ?? homedir()),
  ]);
  const relative = (env.SLIPWAY_PLUGIN_PATH ?? "")
    .split(":")
    .filter((path) => path !== "" && !isAbsolute(path));
  if (relative.length > 0)
    found.push([
      warning(
        `SLIPWAY_PLUGIN_PATH has relative paths, which are ignored: ${relative.join(", ")}.`,
        "Use absolute paths.",
      ),
    ]);
  const findings = found.flat();
  return findings.length > 0
    ? findings
    : [ok("The folders for sockets, state, configuration and data can be used.")];
}

async function checkRuntimeFolder(env: NodeJS.ProcessEnv, uid: number): Promise<Finding[]> {
  const folder = env.XDG_RUNTIME_DIR;
  if (!folder) {
    const used = dirname(defaultSocketPath(env, uid));
    if (uid === 0 || used.startsWith("/run/")) return [];
    return [
      warning(
        `XDG_RUNTIME_DIR is not set, so the host's socket is in ${used}.`,
        "Log in through PAM, or set XDG_RUNTIME_DIR to a folder of your own.",
      ),
    ];
  }
  if (!isAbsolute(folder))
    return [
      problem(
        `XDG_RUNTIME_DIR is ${folder}, a relative path: each working directory has another host.`,
        "Set it to an absolute path.",
      ),
    ];
  const stats = await stat(folder).catch(() => undefined);
  if (!stats?.isDirectory())
    return [
      warning(
        `XDG_RUNTIME_DIR is ${folder}, which does not exist or is not a folder.`,
        "Log in again, or unset XDG_RUNTIME_DIR.",
      ),
    ];
  if (stats.uid !== uid)
    return [
      problem(
        `XDG_RUNTIME_DIR is ${folder}, which belongs to user ${stats.uid}. Commands such as su keep the variable.`,
        "Unset XDG_RUNTIME_DIR, or log in as this user.",
      ),
    ];
  return [];
}

async function checkFolder(name: string, folder: string | undefined): Promise<Finding[]> {
  if (!folder) return [];
  if (!isAbsolute(folder))
    return [problem(`${name} is ${folder}, a relative path.`, "Set it to an absolute path, or unset it.")];
  const missing = await access(folder, constants.W_OK | constants.X_OK).then(
    () => undefined,
    (error: NodeJS.ErrnoException) => error,
  );
  // A missing folder is created when it is needed.
  if (!missing || (missing.code === "ENOENT" && name !== "HOME")) return [];
  const why = missing.code === "ENOENT" ? "which does not exist" : "which this user cannot write to";
  return [problem(`${name} is ${folder}, ${why}.`, "Set it to a folder of your own.")];
}
