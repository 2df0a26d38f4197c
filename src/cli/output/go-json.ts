import { escapeAsGo } from "../../util/go-json.js";

/** JSON as Go's encoding/json writes it, which also escapes characters that are special in HTML and JavaScript. */
export function goJson(value: unknown, indent?: string): string {
  return escapeAsGo(JSON.stringify(value, undefined, indent));
}

/** Returns undefined for an empty list, like Go's `omitempty`. */
export function omitEmpty<T>(list: T[]): T[] | undefined {
  return list.length > 0 ? list : undefined;
}
