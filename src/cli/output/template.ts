import { InputError } from "../../errors/input-error.js";
import { headingFunctions } from "../../template/docker-functions.js";
import { type Functions, Template } from "../../template/template.js";
import { TemplateError } from "../../template/template-error.js";
import { GoMap, Struct, type Value } from "../../template/values.js";
import { isJsonFormat } from "./format.js";
import { table } from "./table.js";
import { visibleLine, visibleText } from "./visible.js";

/** An entry of a list, with the field names of templates. */
export type Row = Record<string, Value>;

/** Format of the entries of a list. */
export type RowFormat = "table" | "json" | RowTemplate;

/** A template for entries. */
export interface RowTemplate {
  /** Prints a table: with headings, and columns separated by tabs. */
  isTable: boolean;
  /** Formats all entries. `json` is the JSON of an entry as a whole. */
  print(rows: readonly Row[], json: (index: number) => string): string;
}

/**
 * Parses `--format` for lists with named fields: table, json, or a Go template, `{{.Name}} {{json .Size}}`. A template
 * that begins with `table ` is printed as a table with headings.
 *
 * @param headings the known fields, with their headings
 * @param further known fields without headings
 */
export function parseRowFormat(
  text: string,
  headings: Record<string, string>,
  further: readonly string[] = [],
): RowFormat {
  if (text === "table" || text === "") return "table";
  if (isJsonFormat(text)) return "json";
  const isTable = /^table\s/.test(text);
  const known = [...Object.keys(headings), ...further];
  if (!text.includes("{{")) {
    throw unknownFormat(
      text,
      `Use "table", "json" or fields such as {{.${known[0]}}}. Known fields: ${known.join(", ")}.`,
    );
  }
  const template = parseTemplate(isTable ? text.replace(/^table\s+/, "") : text);
  const unknown = [...template.fields()].find((field) => !known.includes(field));
  if (unknown)
    throw invalid(`it has no field ${JSON.stringify(unknown)}`, `Known fields: ${known.join(", ")}.`);
  return {
    isTable,
    print: (rows, json) => {
      const printed = rows.map((row, index) =>
        executeTemplate(template, new Struct("entry", row, { json: () => json(index) })),
      );
      if (!isTable) return printed.map((each) => `${each}\n`).join("");
      const cells = (each: string) => each.split("\n").map((line) => line.split("\t"));
      return table(heading(template, headings).split("\t"), printed.flatMap(cells));
    },
  };
}

/** Parses a template of `--format`; `\t` and `\n` outside of its actions are a tab and a line end. */
export function parseTemplate(text: string): Template {
  const unescaped = text.replace(
    /(\{\{.*?\}\})|\\([tn])/gs,
    (_all, action: string | undefined, char) => action ?? (char === "t" ? "\t" : "\n"),
  );
  return orInvalid(() => new Template(unescaped));
}

/** The output of a template. Control characters are shown as escapes, line ends too if they are in a field. */
export function executeTemplate(template: Template, data: Value, functions?: Functions): string {
  return orInvalid(() => visibleText(template.execute(data, { functions, show: visibleLine })));
}

/** The headings, made by the template like the rows; empty where it does not work on headings. */
function heading(template: Template, headings: Record<string, string>): string {
  try {
    return template.execute(GoMap.ofTexts(headings), { functions: headingFunctions });
  } catch (error) {
    if (error instanceof TemplateError) return "";
    throw error;
  }
}

function orInvalid<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof TemplateError) throw invalid(error.message);
    throw error;
  }
}

function invalid(why: string, remedy = ""): InputError {
  const message = `The template is invalid: ${why}.`;
  return new InputError({ reason: "FORMAT_UNKNOWN", field: "--format", message, remedy });
}

/** The error of a `--format` that is neither a known word nor a template. */
export function unknownFormat(text: string, remedy: string): InputError {
  const message = `Unknown format ${JSON.stringify(text)}.`;
  return new InputError({ reason: "FORMAT_UNKNOWN", field: "--format", message, remedy });
}
