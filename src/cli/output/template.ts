import { InputError } from "../../errors/input-error.js";
import { isJsonFormat, jsonLine } from "./format.js";
import { table } from "./table.js";

/** An entry of a list, by the names that templates have for its fields. */
export type Row = Record<string, unknown>;

/** How entries of a list are printed. */
export type RowFormat = "table" | "json" | RowTemplate;

/** A template that entries are printed by. */
export interface RowTemplate {
  /** It has headings, and columns at tabs. */
  isTable: boolean;
  /** All entries as one text. */
  print(rows: readonly Row[]): string;
}

type Part = string | { field: string; isJson: boolean };

/**
 * Reads `--format` for lists whose fields have names: table, json, or the simple ones of docker's Go templates,
 * `{{.Name}} {{json .Size}}`, as a table with headings when it begins with `table `. Functions other than json,
 * pipes and conditions are not understood.
 *
 * @param headings the fields that there are, with their headings
 */
export function parseRowFormat(text: string, headings: Record<string, string>): RowFormat {
  if (text === "table" || text === "") return "table";
  if (isJsonFormat(text)) return "json";
  const isTable = /^table\s/.test(text);
  const parts = parse(isTable ? text.replace(/^table\s+/, "") : text, headings);
  if (!parts.some((part) => typeof part !== "string")) throw unknown(text, headings);
  if (!isTable) {
    return {
      isTable,
      print: (rows) => rows.map((row) => `${line(parts, (field) => row[field])}\n`).join(""),
    };
  }
  const cells = (value: (field: string) => unknown) => line(parts, value).split("\t");
  const heading = cells((field) => headings[field]);
  return {
    isTable,
    print: (rows) =>
      table(
        heading,
        rows.map((row) => cells((field) => row[field])),
      ),
  };
}

function parse(text: string, headings: Record<string, string>): Part[] {
  return text.split(/(\{\{.*?\}\})/).map((part) => {
    if (!part.startsWith("{{")) {
      if (/\{\{|\}\}/.test(part)) throw unknown(text, headings);
      return part.replaceAll("\\t", "\t").replaceAll("\\n", "\n");
    }
    const [, json, field] = /^\{\{\s*(json )?\s*\.(\w+)\s*\}\}$/.exec(part) ?? [];
    if (!field || !Object.hasOwn(headings, field)) throw unknown(text, headings);
    return { field, isJson: Boolean(json) };
  });
}

function line(parts: readonly Part[], value: (field: string) => unknown): string {
  return parts
    .map((part) => {
      if (typeof part === "string") return part;
      const found = value(part.field);
      if (part.isJson) return jsonLine({ it: found ?? null }).slice('{"it":'.length, -2);
      return Array.isArray(found) ? found.join(", ") : String(found ?? "");
    })
    .join("");
}

function unknown(text: string, headings: Record<string, string>): InputError {
  return new InputError({
    reason: "FORMAT_UNKNOWN",
    field: "--format",
    message: `unknown format ${JSON.stringify(text)}`,
    remedy:
      `use "table", "json" or fields such as {{.${Object.keys(headings)[0]}}}; ` +
      `there are ${Object.keys(headings).join(", ")}`,
  });
}
