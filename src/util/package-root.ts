import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** The folder of this package, for sources and for bundles. */
export function packageRoot(from = import.meta.dirname): string {
  if (existsSync(join(from, "package.json"))) return from;
  const parent = dirname(from);
  if (parent === from) throw new Error("Slipway's package folder was not found.");
  return packageRoot(parent);
}
