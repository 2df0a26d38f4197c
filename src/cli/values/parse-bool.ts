import { InvalidArgumentError } from "commander";

/** A boolean as Go's `strconv.ParseBool` takes it, and so every BuildKit flag and environment variable. */
export function parseBool(text: string): boolean {
  if (/^(1|t|T|true|TRUE|True)$/.test(text)) return true;
  if (/^(0|f|F|false|FALSE|False)$/.test(text)) return false;
  throw new InvalidArgumentError(`${JSON.stringify(text)} is not a boolean; use true or false.`);
}
