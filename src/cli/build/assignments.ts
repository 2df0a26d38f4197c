import { InputError } from "../../errors/input-error.js";

/**
 * Parses `key=value` flags. A key without a value gets its value from `env`, and is omitted if it is not set there;
 * without `env` its value is "".
 */
export function parseAssignments(
  flag: string,
  values: readonly string[] = [],
  env?: NodeJS.ProcessEnv,
): Record<string, string> {
  const result: Record<string, string> = {};
  for (const text of values) {
    const equals = text.indexOf("=");
    const key = equals < 0 ? text : text.slice(0, equals);
    if (key === "") {
      throw new InputError({
        reason: "KEY_MISSING",
        field: flag,
        message: `invalid key-value pair ${JSON.stringify(text)}: empty key`,
        remedy: `Write ${flag} key=value.`,
      });
    }
    const value = equals >= 0 ? text.slice(equals + 1) : env ? env[key] : "";
    if (value !== undefined) result[key] = value;
  }
  return result;
}
