import { InputError } from "../../errors/input-error.js";
import { goJson } from "./go-json.js";

/** Format of a list: a table, or a line of JSON for each entry. */
export type ListFormat = "table" | "json";

/** Parses `--format`: table, json, or docker's template for JSON. */
export function parseListFormat(text: string): ListFormat {
  if (text === "table" || text === "") return "table";
  if (isJsonFormat(text)) return "json";
  throw new InputError({
    reason: "FORMAT_UNKNOWN",
    field: "--format",
    message: `Unknown format ${JSON.stringify(text)}.`,
    remedy: 'Use "table" or "json". To select fields, process the JSON, for example with jq.',
  });
}

/** Whether a format is JSON: "json", or docker's template for it. */
export function isJsonFormat(text: string): boolean {
  return text === "json" || /^\{\{\s*json \.\s*\}\}$/.test(text);
}

/** One line of JSON with sorted keys, as docker's `--format json` writes it. */
export function jsonLine(value: object): string {
  return `${goJson(sortKeys(value))}\n`;
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([k, v]) => [k, sortKeys(v)]));
}
