import { InputError } from "../../errors/input-error.js";
import { isJsonFormat, jsonLine } from "./format.js";
import { table } from "./table.js";
import { visibleLine } from "./visible.js";

/** An entry of a list, with the field names of templates. */
export type Row = Record<string, unknown>;

/** Format of the entries of a list. */
export type RowFormat = "table" | "json" | RowTemplate;

/** A template for entries. */
export interface RowTemplate {
  /** Prints a table: with headings, and columns separated by tabs. */
  isTable: boolean;
  /** Formats all entries. */
  print(rows: readonly Row[]): string;
}

type Part = string | { field: string; isJson: boolean };

/**
 * Parses `--format` for lists with named fields: table, json, or a simple Go template, `{{.Name}} {{json .Size}}`. A
 * template that begins with `table ` is printed as a table with headings. Functions other than json, pipes and
 * conditions are not supported.
 *
 * @param headings the known fields, with their headings
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
      return visibleLine(Array.isArray(found) ? found.join(", ") : String(found ?? ""));
    })
    .join("");
}

function unknown(text: string, headings: Record<string, string>): InputError {
  return new InputError({
    reason: "FORMAT_UNKNOWN",
    field: "--format",
    message: `Unknown format ${JSON.stringify(text)}.`,
    remedy:
      `Use "table", "json" or fields such as {{.${Object.keys(headings)[0]}}}. ` +
      `Known fields: ${Object.keys(headings).join(", ")}.`,
  });
}
