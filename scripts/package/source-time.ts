import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** Time of all files in packages: SOURCE_DATE_EPOCH, or the time of the commit. */
export async function sourceTime(root: string): Promise<Date> {
  const given = process.env.SOURCE_DATE_EPOCH;
  return new Date(1000 * Number(given ?? (await commitTime(root))));
}

/** Seconds since 1970 of the commit. */
async function commitTime(root: string): Promise<string> {
  return (await promisify(execFile)("git", ["log", "-1", "--format=%ct"], { cwd: root })).stdout;
}
