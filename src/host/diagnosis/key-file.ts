import { readKeyFile } from "../sealing/key-file.js";
import { type Finding, ok, warning } from "./finding.js";

/** Checks the file with the keys that encrypt stored secrets. */
export async function checkKeyFile(file: string): Promise<Finding> {
  const { ids } = await readKeyFile(file);
  const [current, ...older] = ids;
  if (new Set(ids).size < ids.length)
    return warning(`The key file ${file} has a key twice.`, "Remove the line that is superfluous.");
  const more = older.length > 0 ? `, and can decrypt with ${older.join(", ")}` : "";
  return ok(`The key file ${file} encrypts with the key ${current}${more}.`);
}
