import { existsSync } from "node:fs";
import { join } from "node:path";
import { damageOf, stateCorrupt } from "../store/damage.js";
import { type Finding, ok, problemOf } from "./finding.js";

/** Checks that the database in a state folder can be opened. */
export async function checkDatabase(stateDir: string): Promise<Finding> {
  const folder = join(stateDir, "store");
  const damage = damageOf(folder);
  if (damage) return problemOf(stateCorrupt(folder, damage));
  const exists = existsSync(folder);
  return ok(
    exists ? `The database ${folder} can be opened.` : "There is no database yet; the host creates it.",
  );
}
