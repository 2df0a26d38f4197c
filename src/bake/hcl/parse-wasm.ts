import { createRequire } from "node:module";
import { HclError } from "./hcl-error.js";

/** A node of an expression, as HashiCorp's parser gives it. */
export interface Ast {
  /** Empty for parentheses, for keys of objects and for the item that a splat visits. */
  readonly type: string;
  readonly meta?: Readonly<Record<string, unknown>>;
  readonly children: readonly Ast[];
  readonly range: { readonly start: { readonly byte: number }; readonly end: { readonly byte: number } };
}

/** Type of the key of an object that is a plain name. */
export const bareKey = "bareKey";

/** Where a file does not parse. Lines and columns begin at 1. */
export class HclSyntaxError extends HclError {
  constructor(
    summary: string,
    detail: string,
    readonly line: number,
    readonly column: number,
  ) {
    super(summary, detail);
  }
}

/** HashiCorp's parser as WebAssembly. Its own types are not used: they bring those of browsers. */
interface Parser {
  parse(name: string, text: string): Promise<Record<string, unknown>>;
  getExpressionAst(name: string, text: string): Promise<Ast>;
}

/** Loads the parser when it is first used: it takes half a second and some memory. */
function parser(): Parser {
  try {
    return createRequire(import.meta.url)("@cdktn/hcl2json") as Parser;
  } catch (cause) {
    throw new ParserMissing((cause as Error).message.split("\n")[0]);
  }
}

/** The parser is not installed. */
export class ParserMissing extends Error {}

/**
 * Parses a file in HCL into the form that it has in JSON: blocks are arrays below their labels, and all that is no
 * literal is a template ("${…}"). Throws an {@link HclSyntaxError}.
 */
export async function parseHcl(name: string, text: string): Promise<Record<string, unknown>> {
  const { parse } = parser();
  try {
    return await parse("file", text);
  } catch (cause) {
    throw syntaxError(name, cause);
  }
}

/** Parses an expression. Throws an {@link HclError}. */
export async function parseExpression(text: string): Promise<Ast> {
  const { getExpressionAst } = parser();
  try {
    return withNamedKeys(await getExpressionAst("expression", text), Buffer.from(text));
  } catch (cause) {
    const [, summary = "Invalid expression", detail = String(cause)] =
      /: expression:[\d,-]+: ([^;]*); (.*?)(?:, and \d+ other diagnostic\(s\))?\s*$/s.exec(String(cause)) ??
      [];
    throw new HclError(summary, detail);
  }
}

/** The parser gives only the place of a key that is a plain name. */
function withNamedKeys(node: Ast, source: Buffer): Ast {
  const children = node.children.map((child, index) => {
    const isKey = node.type === "object" && index % 2 === 0 && child.children.length === 0;
    if (!isKey) return withNamedKeys(child, source);
    const { start, end } = child.range;
    return { ...child, type: bareKey, meta: { value: source.subarray(start.byte, end.byte).toString() } };
  });
  return { ...node, children };
}

function syntaxError(name: string, cause: unknown): unknown {
  const match = /\[file:(\d+),(\d+)-[\d,]+: ([^;]*); (.*?)(?:, and \d+ other diagnostic\(s\))?\]\s*$/s.exec(
    String(cause),
  );
  if (!match) return new HclError("Invalid file", `${name} cannot be parsed: ${(cause as Error).message}`);
  const [, line, column, summary, detail] = match;
  return new HclSyntaxError(summary!, detail!.replaceAll("file:", `${name}:`), Number(line), Number(column));
}
