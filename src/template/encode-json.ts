import { Float, GoMap, isSlice, NilPointer, nilSlice, Struct, type Value } from "./values.js";

/** How JSON is written. */
export interface JsonOptions {
  /** Indentation of each level; default: all in one line. */
  indent?: string;
  /** Escape the characters that are special in HTML, as Go does by default. */
  escapeHtml: boolean;
}

/** JSON as Go's encoding/json writes it: the keys of maps are sorted, the fields of structs are not. */
export function encodeJson(value: Value, options: JsonOptions, margin = ""): string {
  if (value === undefined || value === null || value instanceof NilPointer || value === nilSlice)
    return "null";
  if (typeof value === "string") return text(value, options);
  if (value instanceof Float) return JSON.stringify(value.number);
  const inner = margin + (options.indent ?? "");
  if (isSlice(value))
    return group(
      "[",
      value.map((each) => encodeJson(each, options, inner)),
      "]",
      options,
      margin,
    );
  if (value instanceof Struct && value.options.json) return value.options.json();
  if (value instanceof Struct && value.options.basic !== undefined)
    return encodeJson(value.options.basic, options);
  if (value instanceof GoMap || value instanceof Struct) {
    const entries = value instanceof GoMap ? [...value.entries] : tagged(value);
    const colon = options.indent === undefined ? ":" : ": ";
    const members = entries.map(
      ([key, each]) => `${text(key, options)}${colon}${encodeJson(each, options, inner)}`,
    );
    return group("{", members, "}", options, margin);
  }
  return String(value);
}

/** The fields of a struct by the names in JSON. */
function tagged(struct: Struct): [string, Value][] {
  return struct.fields().flatMap(([name, value]): [string, Value][] => {
    const [key, omitEmpty] = (struct.options.tags?.[name] ?? name).split(",");
    if (key === "-" || (omitEmpty && isEmpty(value))) return [];
    return [[key || name, value]];
  });
}

function isEmpty(value: Value): boolean {
  if (isSlice(value)) return value.length === 0;
  if (value instanceof GoMap) return value.entries.size === 0;
  if (value instanceof Struct) return value.options.basic === "" || value.options.basic === 0;
  return value instanceof NilPointer || !value;
}

function group(
  open: string,
  members: string[],
  close: string,
  { indent }: JsonOptions,
  margin: string,
): string {
  if (members.length === 0 || indent === undefined) return open + members.join(",") + close;
  const inner = `\n${margin}${indent}`;
  return `${open}${inner}${members.join(`,${inner}`)}\n${margin}${close}`;
}

const htmlEscapes: Record<string, string> = { "<": "\\u003c", ">": "\\u003e", "&": "\\u0026" };

function text(value: string, { escapeHtml }: JsonOptions): string {
  const json = JSON.stringify(value).replace(/[\u2028\u2029]/g, (char) =>
    char === "\u2028" ? "\\u2028" : "\\u2029",
  );
  return escapeHtml ? json.replace(/[<>&]/g, (char) => htmlEscapes[char]!) : json;
}
