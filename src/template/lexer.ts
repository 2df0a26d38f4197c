import { TemplateError } from "./template-error.js";

export type TokenKind =
  | "text"
  | "open"
  | "close"
  | "space"
  | "word"
  | "keyword"
  | "bool"
  | "field"
  | "dot"
  | "variable"
  | "string"
  | "raw-string"
  | "char"
  | "number"
  | "end"
  | "("
  | ")"
  | "|"
  | ":="
  | "="
  | ",";

export interface Token {
  kind: TokenKind;
  text: string;
  at: number;
}

const keywords = new Set("block break continue define else end if nil range template with".split(" "));
const spaces = " \t\r\n";

/** Inside of `{{ }}`: the first pattern that matches is the token. */
const patterns: [kind: TokenKind, pattern: RegExp][] = [
  ["space", /[ \t\r\n]+/y],
  [":=", /:=/y],
  ["=", /=/y],
  ["|", /\|/y],
  ["(", /\(/y],
  [")", /\)/y],
  [",", /,/y],
  ["string", /"(?:\\[^\n]|[^"\\\n])*"/y],
  ["raw-string", /`[^`]*`/y],
  ["char", /'(?:\\[^\n]|[^'\\\n])*'/y],
  ["variable", /\$[\p{L}\p{Nd}_]*/uy],
  ["field", /\.[\p{L}_][\p{L}\p{Nd}_]*/uy],
  [
    "number",
    /[+-]?(?:0[xX][\da-fA-F_]*(?:\.[\da-fA-F_]*)?(?:[pP][+-]?[\d_]*)?|0[oO][0-7_]*|0[bB][01_]*|(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?[\d_]*)?)i?/y,
  ],
  ["dot", /\./y],
  ["word", /[\p{L}\p{Nd}_]+/uy],
];

/** What may follow a name or number. */
const terminator = /$|[ \t\r\n.,|:)(]|\}\}/y;

/** Splits the text of a template into tokens; the last is the end. */
export function tokens(text: string): Token[] {
  const found: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const open = text.indexOf("{{", at);
    const plain = text.slice(at, open < 0 ? undefined : open);
    const trims = open >= 0 && text[open + 2] === "-" && isSpace(text[open + 3]);
    const kept = trims ? plain.replace(/[ \t\r\n]+$/, "") : plain;
    if (kept) found.push({ kind: "text", text: kept, at });
    if (open < 0) break;
    const inside = open + (trims ? 4 : 2);
    if (text.startsWith("/*", inside)) {
      at = afterComment(text, inside);
      continue;
    }
    found.push({ kind: "open", text: "{{", at: open });
    at = lexAction(text, inside, found);
  }
  found.push({ kind: "end", text: "", at: text.length });
  return found;
}

/** @returns the position after the action and the space that it trims. */
function lexAction(text: string, start: number, found: Token[]): number {
  let depth = 0;
  for (let at = start; ; ) {
    const closed = closing(text, at);
    if (closed) {
      if (depth > 0) throw new TemplateError("unclosed left paren", at);
      found.push({ kind: "close", text: "}}", at });
      return closed.after;
    }
    if (at >= text.length) throw new TemplateError("unclosed action", at);
    const token = next(text, at);
    if (token.kind === "(") depth++;
    if (token.kind === ")" && --depth < 0) throw new TemplateError("unexpected right paren", at);
    // A run of spaces that ends in a trim marker belongs to it.
    if (token.kind === "space" && closing(text, at + token.text.length - 1))
      token.text = token.text.slice(0, -1);
    found.push(token);
    at += token.text.length;
  }
}

function next(text: string, at: number): Token {
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = at;
    const [found] = pattern.exec(text) ?? [];
    if (found === undefined) continue;
    if (["word", "field", "variable", "number"].includes(kind)) {
      terminator.lastIndex = at + found.length;
      if (!terminator.test(text)) throw unexpected(text, at + found.length);
    }
    if (kind !== "word") return { kind, text: found, at };
    if (found === "true" || found === "false") return { kind: "bool", text: found, at };
    return { kind: keywords.has(found) ? "keyword" : "word", text: found, at };
  }
  if (text[at] === '"') throw new TemplateError("unterminated quoted string", at);
  if (text[at] === "`") throw new TemplateError("unterminated raw quoted string", at);
  if (text[at] === "'") throw new TemplateError("unterminated character constant", at);
  throw unexpected(text, at);
}

/** Whether an action ends here, and where the text goes on. */
function closing(text: string, at: number): { after: number } | undefined {
  if (text.startsWith("}}", at)) return { after: at + 2 };
  if (!isSpace(text[at]) || !text.startsWith("-}}", at + 1)) return undefined;
  let after = at + 4;
  while (isSpace(text[after])) after++;
  return { after };
}

function afterComment(text: string, start: number): number {
  const end = text.indexOf("*/", start + 2);
  if (end < 0) throw new TemplateError("unclosed comment", start);
  const closed = closing(text, end + 2);
  if (!closed) throw new TemplateError("comment ends before closing delimiter", end);
  return closed.after;
}

function isSpace(char: string | undefined): boolean {
  return char !== undefined && spaces.includes(char);
}

function unexpected(text: string, at: number): TemplateError {
  return new TemplateError(
    `unexpected ${JSON.stringify(String.fromCodePoint(text.codePointAt(at) ?? 0))}`,
    at,
  );
}
