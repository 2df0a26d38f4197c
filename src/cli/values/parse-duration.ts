import { InvalidArgumentError } from "commander";
import { readGoDuration } from "../../util/go-values.js";

/** Parses a duration as Go's `time.ParseDuration` does (`1h30m`, `1.5s`, `300ms`, `0`), in milliseconds. */
export function parseDuration(text: string): number {
  const read = readGoDuration(text);
  if (read === undefined)
    throw new InvalidArgumentError(
      `${JSON.stringify(text)} is not a duration; use a form such as 90s or 1h30m.`,
    );
  return read;
}
