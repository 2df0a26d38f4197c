import { InvalidArgumentError } from "commander";

const exponents: Record<string, number> = { "": 0, b: 0, k: 1, m: 2, g: 3, t: 4, p: 5 };

/**
 * Parses a size in bytes as docker's flags do (go-units `RAMInBytes`): a decimal number and a binary unit in either case,
 * such as `64m`, `1.5GB`, `2 GiB` or `1024`. Fractions of a byte are dropped.
 */
export function parseByteSize(text: string): number {
  const match = /^(\+?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?) ?(?:([kmgtp])(?:b|ib)?|b)?$/i.exec(text);
  const bytes =
    match === null ? Number.NaN : Number(match[1]) * 1024 ** exponents[match[2]?.toLowerCase() ?? ""]!;
  if (!Number.isSafeInteger(Math.trunc(bytes)))
    throw new InvalidArgumentError(
      `${JSON.stringify(text)} is not a size; use bytes or a unit, such as 64m or 1g.`,
    );
  return Math.trunc(bytes);
}
