import { InputError } from "../../errors/input-error.js";

/** Reads `key=value` flags. Without a value: the environment's with `env`, where an unset one is left out; else "". */
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
        remedy: `write ${flag} key=value`,
      });
    }
    const value = equals >= 0 ? text.slice(equals + 1) : env ? env[key] : "";
    if (value !== undefined) result[key] = value;
  }
  return result;
}
