import { existsSync } from "node:fs";
import { join } from "node:path";
import { damageOf, stateCorrupt } from "../store/damage.js";
import { formatOf, formatUnknown, storeFormat } from "../store/format.js";
import { type Finding, ok, problemOf } from "./finding.js";

/** Checks that the database in a state folder can be opened, and that this version reads it. */
export async function checkDatabase(stateDir: string): Promise<Finding> {
  const folder = join(stateDir, "store");
  const damage = damageOf(folder);
  if (damage) return problemOf(stateCorrupt(folder, damage));
  if (!existsSync(join(folder, "data.mdb"))) return ok("There is no database yet; the host creates it.");
  const format = await formatOf(folder);
  if (format !== undefined && format !== storeFormat) return problemOf(formatUnknown(folder, format));
  return ok(`The database ${folder} can be opened.`);
}
