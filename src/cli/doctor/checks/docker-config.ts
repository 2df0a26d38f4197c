import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { dockerConfigDir, readDockerConfig } from "../../../config/docker-config.js";
import { type Finding, ok, problem, warning } from "../../../host/diagnosis/finding.js";
import { modeText } from "../../../util/private-mode.js";
import type { DoctorCheck } from "../doctor-check.js";

/** Docker's config.json can be read, only by its owner if it has logins, and its credential helpers are installed. */
export const dockerConfig: DoctorCheck = {
  id: "docker-config",
  group: "Docker",
  run: ({ env }) => checkDockerConfig(env),
};

/** Checks docker's config.json and the credential helpers that it names. */
export async function checkDockerConfig(env: NodeJS.ProcessEnv): Promise<Finding[]> {
  const { path, auths, fromEnvironment, credsStore, credHelpers, faults } = await readDockerConfig(
    dockerConfigDir(env),
    env,
  );
  const stats = await stat(path).catch(() => undefined);
  const findings: Finding[] = faults.map(({ reason, message, remedy }) => ({
    ...problem(message, remedy),
    reason,
  }));
  if (!stats && findings.length === 0)
    return [ok(`There is no ${path}; registries are used without a login.`)];
  if (stats && auths.size > fromEnvironment.size && (stats.mode & 0o077) !== 0)
    findings.push(
      warning(
        `Others can read the logins in ${path}: its mode is ${modeText(stats)}.`,
        `Run: chmod 600 ${path}`,
      ),
    );
  const helpers = new Set([...(credsStore ? [credsStore] : []), ...credHelpers.values()]);
  for (const helper of helpers) {
    const program = `docker-credential-${helper}`;
    if (await isInPath(program, env.PATH ?? "")) continue;
    const finding = problem(
      `The credential helper ${program} of ${path} is not in PATH.`,
      "Install it, or remove it from credsStore and credHelpers and log in again.",
    );
    findings.push({ ...finding, reason: "CREDENTIAL_HELPER_FAILED" });
  }
  if (findings.length > 0) return findings;
  const logins = auths.size > 0 ? `${auths.size} logins` : "no login";
  return [ok(`${path} has ${logins} and ${helpers.size} credential helpers.`)];
}

async function isInPath(program: string, path: string): Promise<boolean> {
  for (const folder of path.split(delimiter)) {
    const file = join(folder, program);
    const isProgram = await access(file, constants.X_OK).then(
      async () => (await stat(file)).isFile(),
      () => false,
    );
    if (isProgram) return true;
  }
  return false;
}
