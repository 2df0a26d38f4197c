import { HclError } from "./hcl-error.js";
import type { Body } from "./parse-file.js";
import { type Ast, parseExpression } from "./parse-wasm.js";

/** Ends the heredoc that a template is parsed as. No file has this line. */
const delimiter = "SLIPWAY_HEREDOC_8d1f0c";

const opening = `<<${delimiter}\n`;

/** The offset of a part in the text of a template, from the byte at which it begins for the parser. */
export function templateOffset(text: string, byte: number): number {
  const bytes = Math.max(0, byte - opening.length);
  return Buffer.from(text).subarray(0, bytes).toString().length;
}

/**
 * The parsed templates of files. All are parsed before the first is evaluated: only parsing is asynchronous. Templates
 * are parsed as heredocs, in which quotes and backslashes need no escapes.
 */
export class Expressions {
  readonly #templates = new Map<string, readonly Ast[]>();
  readonly #types = new Map<string, Ast>();

  /** Parses all templates of a body. */
  async add(body: Body): Promise<void> {
    for (const text of texts(body)) if (isTemplate(text)) await this.#parse(text);
  }

  /** Parses a text that is an expression: in JSON a type is a plain text, in HCL it arrives as a template. */
  async addType(text: string): Promise<void> {
    if (!this.#types.has(text)) this.#types.set(text, await parseExpression(expressionIn(text)));
  }

  /** The expression of a type that was added. */
  typeOf(text: string): Ast {
    return this.#types.get(text)!;
  }

  async #parse(text: string): Promise<void> {
    if (this.#templates.has(text)) return;
    const ast = await parseExpression(`${opening}${text}\n${delimiter}\n`).catch((cause) => {
      if (cause instanceof HclError) cause.noteTemplate(text);
      throw cause;
    });
    this.#templates.set(text, withoutLastNewline(ast.children));
  }

  /** The parts of a template. A single part that is no literal is the value itself, whatever its type. */
  partsOf(text: string): readonly Ast[] {
    return this.#templates.get(text)!;
  }
}

/** Whether a text has parts to evaluate, or escapes. */
export function isTemplate(text: string): boolean {
  return text.includes("${") || text.includes("%{");
}

/** The text of an expression that is all of a template: "A" of "${A}". */
export function expressionIn(text: string): string {
  return /^\$\{(.*)\}$/s.exec(text)?.[1] ?? text;
}

function withoutLastNewline(parts: readonly Ast[]): readonly Ast[] {
  const last = parts.at(-1);
  const value = last?.meta?.value as string | undefined;
  if (last?.type !== "literalValue" || !value?.endsWith("\n")) return parts;
  const rest = value.slice(0, -1);
  if (rest === "") return parts.slice(0, -1);
  return [...parts.slice(0, -1), { ...last, meta: { ...last.meta, value: rest } }];
}

function* texts(json: unknown): Iterable<string> {
  if (typeof json === "string") yield json;
  else if (Array.isArray(json)) for (const item of json) yield* texts(item);
  else if (json !== null && typeof json === "object") {
    for (const [key, value] of Object.entries(json)) {
      yield key;
      yield* texts(value);
    }
  }
}
