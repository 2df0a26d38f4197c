import { lstat } from "node:fs/promises";
import { modeText } from "../../util/private-mode.js";
import { type Finding, ok, problem } from "./finding.js";

/** Checks that only its user can reach the state folder. */
export async function checkStateFolder(folder: string, uid = process.getuid?.() ?? 0): Promise<Finding> {
  const stats = await lstat(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (!stats) return ok(`The state folder ${folder} does not exist yet; the host creates it.`);
  if (!stats.isDirectory())
    return problem(
      `The state folder ${folder} is not a folder.`,
      "Remove the file, or use another state folder.",
    );
  if (stats.uid !== uid)
    return problem(
      `The state folder ${folder} belongs to user ${stats.uid}, not to user ${uid}.`,
      `Run: chown -R ${uid} ${folder}`,
    );
  const { mode } = stats;
  const text = modeText(stats);
  if ((mode & 0o700) !== 0o700)
    return problem(
      `The host cannot use the state folder ${folder}: its mode is ${text}.`,
      `Run: chmod 700 ${folder}`,
    );
  if ((mode & 0o077) !== 0)
    return problem(
      `Others can reach the state folder ${folder}: its mode is ${text}. A host does not start there.`,
      `Run: chmod 700 ${folder}`,
    );
  return ok(`The state folder ${folder} belongs to its user alone.`);
}
