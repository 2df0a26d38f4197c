import { InputError } from "../../errors/input-error.js";
import { type LimitName, type Limits, limitNames, limitTable } from "../../host/quotas/limits.js";
import { parseByteSize } from "../values/parse-byte-size.js";
import { parseDuration } from "../values/parse-duration.js";

/**
 * Parses limits of a host.
 * @param flags values of `--limit`, as name=value
 * @param variable value of SLIPWAY_LIMITS, the same separated by commas; flags win
 * @param maxRunningBuilds value of `--max-running-builds`, a short form of the limit running-builds
 */
export function parseLimits(
  flags: readonly string[] = [],
  variable = "",
  maxRunningBuilds?: string,
): Partial<Limits> {
  const ofVariable = variable.split(",").filter((text) => text.trim() !== "");
  return Object.fromEntries([
    ...ofVariable.map((text) => parse(text.trim(), "SLIPWAY_LIMITS")),
    ...flags.map((text) => parse(text, "--limit")),
    ...(maxRunningBuilds === undefined
      ? []
      : [parse(`running-builds=${maxRunningBuilds}`, "--max-running-builds")]),
  ]);
}

function parse(text: string, field: string): [LimitName, number] {
  const [, name = "", value = ""] = /^([^=]*)=(.*)$/.exec(text) ?? [];
  const limit = limitNames.find((known) => known === name);
  if (!limit)
    throw invalid(
      field,
      `${JSON.stringify(text)} is not NAME=VALUE with the name of a limit.`,
      `Use NAME=VALUE: ${limitNames.join(", ")}.`,
    );
  const { unit } = limitTable[limit];
  const number = value === "unlimited" ? Number.POSITIVE_INFINITY : numberOf(value, unit);
  if (number > 0) return [limit, number];
  throw invalid(
    field,
    `${JSON.stringify(value)} is not a valid value for the limit ${name}.`,
    `Use ${examples[unit]}, or unlimited.`,
  );
}

const examples = {
  count: "a positive whole number",
  bytes: "a size, such as 512MiB",
  duration: "a positive duration, such as 720h",
};

function numberOf(value: string, unit: keyof typeof examples): number {
  if (unit === "count") return /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
  try {
    return unit === "bytes" ? parseByteSize(value) : parseDuration(value);
  } catch {
    return Number.NaN;
  }
}

function invalid(field: string, message: string, remedy: string): InputError {
  return new InputError({ reason: "SERVE_FLAGS_INVALID", field, message, remedy });
}
