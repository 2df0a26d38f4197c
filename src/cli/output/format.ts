import { InputError } from "../../errors/input-error.js";
import { goJson } from "./go-json.js";

/** How a list is printed: as a table, or a line of JSON for each entry. */
export type ListFormat = "table" | "json";

/** Reads `--format`: table, json, or docker's template for the latter. */
export function parseListFormat(text: string): ListFormat {
  if (text === "table" || text === "") return "table";
  if (isJsonFormat(text)) return "json";
  throw new InputError({
    reason: "FORMAT_UNKNOWN",
    field: "--format",
    message: `unknown format ${JSON.stringify(text)}`,
    remedy: 'use "table" or "json"; tools such as jq pick fields from the latter',
  });
}

/** Whether a format is JSON, by its name or as docker's template. */
export function isJsonFormat(text: string): boolean {
  return text === "json" || /^\{\{\s*json \.\s*\}\}$/.test(text);
}

/** One line of JSON with its keys in order, as docker's `--format json` writes it. */
export function jsonLine(value: object): string {
  return `${goJson(sortKeys(value))}\n`;
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([k, v]) => [k, sortKeys(v)]));
}
