import { InvalidArgumentError } from "commander";
import { readByteSize } from "../../inputs/byte-size.js";

/** Parses a size in bytes, such as `64m`. */
export function parseByteSize(text: string): number {
  const bytes = readByteSize(text);
  if (bytes !== undefined) return bytes;
  throw new InvalidArgumentError(
    `${JSON.stringify(text)} is not a size; use bytes or a unit, such as 64m or 1g.`,
  );
}
