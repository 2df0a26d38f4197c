import { BakeError } from "../bake-error.js";
import { HclSyntaxError, parseHcl } from "./parse-wasm.js";

/** A file's attributes and blocks, in the form that they have in JSON. */
export type Body = Record<string, unknown>;

/** A definition file. */
export interface BakeFile {
  readonly name: string;
  readonly text: string;
}

/** Parses a file in HCL or JSON, by its ending; without one it may be either. Throws a {@link FileError}. */
export async function parseFile(file: BakeFile): Promise<Body> {
  const { name, text } = file;
  if (name.endsWith(".json")) return located(file, () => parseJson(text));
  try {
    return await located(file, () => parseHcl(name, text));
  } catch (cause) {
    if (name.endsWith(".hcl") || !(cause instanceof FileError)) throw cause;
    const json = await located(file, () => parseJson(text)).catch(() => undefined);
    if (json) return json;
    throw cause;
  }
}

/** An error at a position of a file. The message shows the line with a mark below. Lines and columns begin at 1. */
export class FileError extends BakeError {
  constructor(file: BakeFile, line: number, column: number, problem: string, options?: ErrorOptions) {
    super(`${file.name}:${line},${column}: ${problem}\n${excerpt(file.text, line, column)}`, options);
    this.name = "FileError";
  }
}

/** The types of blocks that bake knows. */
export const blockTypes = ["variable", "function", "group", "target"];

/** The blocks below a type, by their label. In JSON they may be in arrays on each level, and null is no block. */
export function labelled(json: unknown, file: string): [string, Body][] {
  return objectsIn(json, file).flatMap((level) =>
    Object.entries(level)
      .filter(([label]) => label !== "//")
      .flatMap(([label, blocks]) => objectsIn(blocks, file).map((block): [string, Body] => [label, block])),
  );
}

function objectsIn(json: unknown, file: string): Body[] {
  const values = Array.isArray(json) ? json : [json];
  return values
    .filter((value) => value !== undefined && value !== null)
    .map((value) => {
      if (typeof value === "object" && !Array.isArray(value)) return value as Body;
      throw new BakeError(
        `${file}: Incorrect JSON value type; Either a JSON object or a JSON array of objects is required.`,
      );
    });
}

async function located(file: BakeFile, parse: () => Body | Promise<Body>): Promise<Body> {
  try {
    const body = await parse();
    requireExactNumbers(file.name, body);
    return body;
  } catch (cause) {
    if (!(cause instanceof HclSyntaxError)) throw cause;
    throw new FileError(file, cause.line, cause.column, cause.message);
  }
}

function parseJson(text: string): Body {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    const [problem = ""] =
      /^.*?(?=,? (?:\.\.\.)?"|(?: in JSON)? at position|$)/s.exec((cause as Error).message) ?? [];
    const before = text.slice(0, jsonErrorOffset(text)).split("\n");
    throw new HclSyntaxError("Invalid JSON", problem, before.length, before.at(-1)!.length + 1);
  }
  if (json === null || typeof json !== "object" || Array.isArray(json)) {
    throw new HclSyntaxError(
      "Root value must be object",
      "The root value in a JSON-based configuration must be a JSON object.",
      1,
      1,
    );
  }
  return json as Body;
}

/** Where a text stops being JSON. Node says it for some errors only: it is behind the longest part that only lacks its end. */
function jsonErrorOffset(text: string): number {
  let [good, bad] = [0, text.length + 1];
  while (bad - good > 1) {
    const length = Math.floor((good + bad) / 2);
    if (lacksOnlyItsEnd(text.slice(0, length))) good = length;
    else bad = length;
  }
  return good;
}

function lacksOnlyItsEnd(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (cause) {
    const { message } = cause as Error;
    return /end of JSON input/.test(message) || Number(/position (\d+)/.exec(message)?.[1]) === text.length;
  }
}

/** Literal numbers come as binary floating point, which is exact for integers below 2^53. */
function requireExactNumbers(file: string, json: unknown): void {
  if (typeof json === "number" && Number.isInteger(json) && !Number.isSafeInteger(json)) {
    throw new BakeError(
      `${file}: Number too large; The number ${json} is above 2^53. Write it as a string, which converts to the number.`,
    );
  }
  if (json !== null && typeof json === "object")
    for (const value of Object.values(json)) requireExactNumbers(file, value);
}

function excerpt(text: string, line: number, column: number): string {
  const lines = text.split("\n");
  const first = Math.max(1, line - 2);
  const last = Math.min(lines.length, line + 2);
  const shown: string[] = [];
  for (let number = first; number <= last; number++) {
    const source = (lines[number - 1] ?? "").replace(/\r$/, "");
    shown.push(`${String(number).padStart(4)} | ${number === line ? ">>> " : "    "}${source}`);
    if (number === line) shown.push(`     |     ${source.slice(0, column - 1).replace(/[^\t]/g, " ")}^`);
  }
  return shown.join("\n");
}
