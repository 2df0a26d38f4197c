import { encodeJson } from "./encode-json.js";
import type { TemplateFunction } from "./functions.js";
import { printValue } from "./print-value.js";
import { TemplateError } from "./template-error.js";
import { compareText, GoMap, isSlice, typeName, type Value } from "./values.js";

/** How many spaces `pad` adds at most, and `truncate` counts. */
const maxPad = 1_000_000;

const textFunction = (call: (text: string) => string): TemplateFunction => ({ parameters: ["text"], call });

/** The functions that docker adds to Go's. */
export const dockerFunctions: Readonly<Record<string, TemplateFunction>> = {
  json: { parameters: ["any"], call: (value: Value) => encodeJson(value, { escapeHtml: false }) },
  split: { parameters: ["text", "text"], call: split },
  join: { parameters: ["any", "text"], call: join },
  title: textFunction((text) => text.replace(/(?<![\p{L}\p{Nd}_])\p{L}/gu, (letter) => upper(letter))),
  lower: textFunction((text) => text.toLowerCase()),
  upper: textFunction(upper),
  pad: { parameters: ["text", "integer", "integer"], call: pad },
  truncate: { parameters: ["text", "integer"], call: truncate },
};

/** `json` as `imagetools inspect` has it: indented, and safe in HTML. */
export const indentedJson: TemplateFunction = {
  parameters: ["any"],
  call: (value: Value) => encodeJson(value, { indent: "  ", escapeHtml: true }),
};

/** The functions with which the headings of a table are made: those that change a value leave a heading as it is. */
export const headingFunctions: Readonly<Record<string, TemplateFunction>> = Object.fromEntries(
  Object.entries(dockerFunctions).map(([name, { parameters, call }]) => {
    const isKept = name !== "pad";
    return [name, { parameters, call: isKept ? (heading: Value) => heading : call }];
  }),
);

/** Upper case of each character alone, as in Go: ß stays. */
function upper(text: string): string {
  return [...text].map((char) => ([...char.toUpperCase()].length === 1 ? char.toUpperCase() : char)).join("");
}

function split(text: string, separator: string): Value {
  return separator === "" ? [...text] : text.split(separator);
}

function join(list: Value, separator: string): string {
  if (list === undefined || list === null) return "";
  if (isSlice(list)) return list.map(printValue).join(separator);
  if (list instanceof GoMap)
    return [...list.entries.values()].map(printValue).sort(compareText).join(separator);
  throw new TemplateError(`expected slice, got ${typeName(list)}`);
}

function pad(text: string, before: number, after: number): string {
  if (text === "") return text;
  if (before < 0 || after < 0) throw new TemplateError("negative number of spaces");
  if (before > maxPad || after > maxPad) throw new TemplateError("too many spaces");
  return " ".repeat(before) + text + " ".repeat(after);
}

function truncate(text: string, length: number): string {
  if (length < 0) throw new TemplateError("negative length");
  return Buffer.from(text).subarray(0, length).toString();
}
