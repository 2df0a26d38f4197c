import { InvalidArgumentError } from "commander";
import { readGoBool } from "../../util/go-values.js";

/** Parses a boolean as Go's `strconv.ParseBool` does, which BuildKit uses for flags and environment variables. */
export function parseBool(text: string): boolean {
  const read = readGoBool(text);
  if (read === undefined)
    throw new InvalidArgumentError(`${JSON.stringify(text)} is not a boolean; use true or false.`);
  return read;
}
