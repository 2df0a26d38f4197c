import { ok, problem } from "../../../host/diagnosis/finding.js";
import type { DoctorCheck } from "../doctor-check.js";

/** Oldest Node.js that is supported, as in package.json. */
const oldest = [20, 19];

/** Node.js is new enough. */
export const nodeVersion: DoctorCheck = {
  id: "node-version",
  group: "Programs",
  run: async () => checkNodeVersion(process.versions.node),
};

/** Checks a version of Node.js. */
export function checkNodeVersion(version: string) {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const isSupported = major > oldest[0]! || (major === oldest[0] && minor >= oldest[1]!);
  if (isSupported) return ok(`Node.js ${version} is supported.`);
  const needed = oldest.join(".");
  return problem(`Node.js ${version} is older than ${needed}.`, `Install Node.js ${needed} or later.`);
}
