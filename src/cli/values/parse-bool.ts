import { InvalidArgumentError } from "commander";
import { isTrue } from "./is-true.js";

/** A boolean as Go's `strconv.ParseBool` takes it, and so every BuildKit flag and environment variable. */
export function parseBool(text: string): boolean {
  if (isTrue(text)) return true;
  if (/^(0|f|F|false|FALSE|False)$/.test(text)) return false;
  throw new InvalidArgumentError(`${JSON.stringify(text)} is not a boolean; use true or false.`);
}
