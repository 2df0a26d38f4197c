import { lstat } from "node:fs/promises";
import { dirname } from "node:path";
import { type Finding, ok, problem, warning } from "../../../host/diagnosis/finding.js";
import { checkSocketFolder, maxSocketPathBytes } from "../../../host-address/address-folder.js";
import { dialIfAlive, lockNameExtra } from "../../../host-address/host-process-lock.js";
import { modeText } from "../../../util/private-mode.js";
import type { DoctorCheck } from "../doctor-check.js";

/** Only this user can reach the socket of the host, and a host listens on it or can. */
export const socket: DoctorCheck = {
  id: "socket",
  group: "Connection",
  run: async ({ address }) => (address?.kind === "unix" ? [await checkSocket(address.path)] : []),
};

/** Checks the socket of a host and its folder. */
export async function checkSocket(path: string): Promise<Finding> {
  const limit = maxSocketPathBytes - lockNameExtra;
  if (Buffer.byteLength(path) > limit)
    return problem(
      `The socket path ${path} has more than ${limit} bytes.`,
      "Use a shorter path for the socket.",
    );
  const folder = dirname(path);
  // Throws a typed error, which becomes the finding.
  if (!checkSocketFolder(folder)) return ok(`The folder ${folder} does not exist yet; the host creates it.`);
  const folderStats = await lstat(folder);
  if ((folderStats.mode & 0o077) !== 0)
    return problem(
      `Other users can reach the folder ${folder}: its mode is ${modeText(folderStats)}. A host does not start there.`,
      `Run: chmod 700 ${folder}`,
    );
  const stats = await lstat(path).catch(() => undefined);
  if (!stats) return ok(`The folder ${folder} is safe; there is no socket in it.`);
  if (!stats.isSocket()) return problem(`${path} is not a socket.`, "Remove the file, or use another path.");
  const connection = await dialIfAlive(path);
  connection?.destroy();
  if (connection) return ok(`The socket ${path} is safe, and a process listens on it.`);
  return warning(
    `The socket ${path} is left over from a host that has ended.`,
    "Run any command, such as `slipway ls`: the host that it starts replaces the socket.",
  );
}
