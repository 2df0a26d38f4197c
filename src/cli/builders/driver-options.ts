import { InputError } from "../../errors/input-error.js";
import { parseCsvLine } from "../../inputs/parse-attributes.js";

/** Parses `--driver-opt`: `key=value` pairs, separated by commas; a pair with a comma is quoted. */
export function parseDriverOptions(values: readonly string[] = []): Record<string, string> {
  const pairs = values.flatMap((text) => {
    const fields = csvFields(text);
    return fields.map((field) => {
      const equals = field.indexOf("=");
      if (equals < 0) throw invalidOption(text, `invalid value ${JSON.stringify(field)}, expecting k=v`);
      return [field.slice(0, equals), field.slice(equals + 1)] as const;
    });
  });
  return Object.fromEntries(pairs);
}

function csvFields(text: string): string[] {
  try {
    return parseCsvLine(text);
  } catch (cause) {
    throw invalidOption(text, (cause as Error).message);
  }
}

function invalidOption(text: string, why: string): InputError {
  return new InputError({
    reason: "DRIVER_OPT_INVALID",
    field: "--driver-opt",
    message: `--driver-opt ${JSON.stringify(text)} cannot be read: ${why}`,
    remedy: "Write key=value pairs, separated by commas. Quote a pair with a comma: '\"key=a,b\"'.",
  });
}
