import { InvalidArgumentError } from "commander";
import { readGoBool } from "../../util/go-values.js";

/** A boolean as Go's `strconv.ParseBool` takes it, and so every BuildKit flag and environment variable. */
export function parseBool(text: string): boolean {
  const read = readGoBool(text);
  if (read === undefined)
    throw new InvalidArgumentError(`${JSON.stringify(text)} is not a boolean; use true or false.`);
  return read;
}
