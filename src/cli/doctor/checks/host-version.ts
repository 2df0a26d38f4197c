import { ok, warning } from "../../../host/diagnosis/finding.js";
import { version } from "../../../util/version.js";
import { askHost, type DoctorCheck } from "../doctor-check.js";

/** The host has the version of the command line. */
export const hostVersion: DoctorCheck = {
  id: "host-version",
  group: "Programs",
  run: (context) =>
    askHost(context, "The host's version", async (host) => [compareVersions(host.version, host.isLocal)]),
};

/** Compares the version of the host with that of the command line. */
export function compareVersions(host: string, isLocal: boolean, own = version) {
  if (host === own) return ok(`The command line and the host have version ${own}.`);
  return warning(
    `The command line has version ${own}, and the host has version ${host}.`,
    isLocal ? "Stop the host; the next command starts one of this version." : "Update the older of the two.",
  );
}
