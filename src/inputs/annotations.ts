import { InputError } from "../errors/input-error.js";

const levels = ["manifest", "index", "manifest-descriptor", "index-descriptor"];

/**
 * Parses annotations: `[level[platform],…:]key=value`. Returns one entry for each level.
 * @param field name of the flag or attribute, for errors
 */
export function parseAnnotations(field: string, values: readonly string[] = []): Record<string, string> {
  const result: Record<string, string> = {};
  for (const text of values.filter(Boolean)) {
    const equals = text.indexOf("=");
    if (equals < 0) throw invalid(field, `invalid annotation ${JSON.stringify(text)}, expected key=value`);
    const name = text.slice(0, equals);
    const value = text.slice(equals + 1);
    const colon = name.indexOf(":");
    if (colon < 0) {
      result[name] = value;
      continue;
    }
    for (const level of name.slice(0, colon).split(",")) {
      const [, type] = /^([a-z-]+)(?:\[[A-Za-z0-9_/-]+\])?$/.exec(level) ?? [];
      if (!type || !levels.includes(type))
        throw invalid(field, `unknown annotation type ${JSON.stringify(level)}`);
      result[`${level}:${name.slice(colon + 1)}`] = value;
    }
  }
  return result;
}

function invalid(field: string, message: string): InputError {
  return new InputError({
    reason: "ANNOTATION_INVALID",
    field,
    message,
    remedy: `Write key=value, optionally prefixed with ${levels.map((level) => `${level}:`).join(", ")}.`,
  });
}
