const exponents: Record<string, number> = { "": 0, b: 0, k: 1, m: 2, g: 3, t: 4, p: 5 };

/**
 * Reads a size in bytes as docker's flags do (go-units `RAMInBytes`): a decimal number and a binary unit in either case,
 * such as `64m`, `1.5GB`, `2 GiB` or `1024`. Fractions of a byte are dropped. Undefined for anything else.
 */
export function readByteSize(text: string): number | undefined {
  const match = /^(\+?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?) ?(?:([kmgtp])(?:b|ib)?|b)?$/i.exec(text);
  if (match === null) return undefined;
  const bytes = Math.trunc(Number(match[1]) * 1024 ** exponents[match[2]?.toLowerCase() ?? ""]!);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}
