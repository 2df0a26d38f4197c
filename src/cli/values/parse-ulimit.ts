import { InvalidArgumentError } from "commander";
import { readUlimit, type Ulimit } from "../../inputs/ulimit.js";

/** Parses `--ulimit`. */
export function parseUlimit(text: string): Ulimit {
  try {
    return readUlimit(text);
  } catch (cause) {
    throw new InvalidArgumentError((cause as Error).message);
  }
}
