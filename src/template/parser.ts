import { type Token, type TokenKind, tokens } from "./lexer.js";
import { character, number, unquote } from "./literals.js";
import type { Command, Node, Operand, Pipe } from "./nodes.js";
import { TemplateError } from "./template-error.js";

/** How deep actions and parentheses may be nested. */
const maxDepth = 200;

/** A parsed template, and those that it defines by name. */
export interface Tree {
  main: Node[];
  defined: ReadonlyMap<string, Node[]>;
}

/** Parses a template. Throws a {@link TemplateError}. */
export function parse(text: string, isFunction: (name: string) => boolean): Tree {
  const parser = new Parser(text, isFunction);
  const main = parser.main();
  return { main, defined: parser.defined };
}

type ListEnd = "end" | "else" | "else if" | "else with";

class Parser {
  readonly defined = new Map<string, Node[]>();
  readonly #tokens: Token[];
  readonly #isFunction: (name: string) => boolean;
  #next = 0;
  #variables = ["$"];
  #rangeDepth = 0;
  #depth = 0;

  constructor(text: string, isFunction: (name: string) => boolean) {
    this.#tokens = tokens(text);
    this.#isFunction = isFunction;
  }

  main(): Node[] {
    const nodes: Node[] = [];
    while (this.#peek().kind !== "end") {
      const node = this.#textOrAction({ isTop: true });
      if (typeof node === "string") throw this.#error(`unexpected {{${node}}}`);
      if (node) nodes.push(node);
    }
    return nodes;
  }

  #textOrAction({ isTop = false } = {}): Node | ListEnd | undefined {
    const token = this.#take();
    if (token.kind === "text") return { kind: "text", text: token.text, at: token.at };
    if (token.kind !== "open") throw this.#unexpected(token, "input");
    const first = this.#peekPastSpace();
    if (first.kind === "keyword" && first.text !== "nil") {
      this.#take();
      return this.#control(first, isTop);
    }
    return { kind: "action", pipe: this.#pipe("command", "close"), at: first.at };
  }

  #control({ text, at }: Token, isTop: boolean): Node | ListEnd | undefined {
    switch (text) {
      case "if":
      case "with":
      case "range":
        return this.#branch(text, at);
      case "end":
        this.#expect("close", "end");
        return "end";
      case "else": {
        const after = this.#peekPastSpace();
        if (after.kind === "keyword" && (after.text === "if" || after.text === "with")) {
          this.#take();
          return `else ${after.text}`;
        }
        this.#expect("close", "else");
        return "else";
      }
      case "break":
      case "continue":
        this.#expect("close", `{{${text}}}`);
        if (this.#rangeDepth === 0) throw new TemplateError(`{{${text}}} outside {{range}}`, at);
        return { kind: text, at };
      case "template": {
        const name = this.#name("template clause");
        const isBare = this.#peekPastSpace().kind === "close";
        if (isBare) this.#take();
        return {
          kind: "template",
          name,
          pipe: isBare ? undefined : this.#pipe("template clause", "close"),
          at,
        };
      }
      case "block": {
        const name = this.#name("block clause");
        const pipe = this.#pipe("block clause", "close");
        this.#define(name, "block clause");
        return { kind: "template", name, pipe, at };
      }
      default: {
        if (!isTop) throw new TemplateError("unexpected {{define}}", at);
        const name = this.#name("define clause");
        this.#expect("close", "define clause");
        this.#define(name, "define clause");
        return undefined;
      }
    }
  }

  /** The body of a named template, with variables and loops of its own. */
  #define(name: string, context: string): void {
    const outer = { variables: this.#variables, rangeDepth: this.#rangeDepth };
    this.#variables = ["$"];
    this.#rangeDepth = 0;
    const { nodes, end } = this.#list();
    if (end !== "end") throw this.#error(`unexpected {{${end}}} in ${context}`);
    this.#variables = outer.variables;
    this.#rangeDepth = outer.rangeDepth;
    const known = this.defined.get(name);
    if (known && !isBlank(known)) {
      if (isBlank(nodes)) return;
      throw this.#error(`multiple definition of template ${JSON.stringify(name)}`);
    }
    this.defined.set(name, nodes);
  }

  #branch(kind: "if" | "with" | "range", at: number): Node {
    return this.#nested(at, () => {
      const known = this.#variables.length;
      const pipe = this.#pipe(kind, "close");
      if (kind === "range") this.#rangeDepth++;
      const { nodes: body, end } = this.#list();
      if (kind === "range") this.#rangeDepth--;
      const otherwise = this.#otherwise(kind, end);
      this.#variables.length = known;
      return { kind, pipe, body, otherwise, at };
    });
  }

  #otherwise(kind: string, end: ListEnd): Node[] {
    if (end === "end") return [];
    if (end === "else if" && kind === "if") return [this.#branch("if", this.#peek().at)];
    if (end === "else with" && kind === "with") return [this.#branch("with", this.#peek().at)];
    if (end !== "else") throw this.#error(`unexpected {{${end}}} in ${kind}`);
    const { nodes, end: last } = this.#list();
    if (last !== "end") throw this.#error(`expected end; found {{${last}}}`);
    return nodes;
  }

  #list(): { nodes: Node[]; end: ListEnd } {
    const nodes: Node[] = [];
    while (this.#peek().kind !== "end") {
      const node = this.#textOrAction();
      if (typeof node === "string") return { nodes, end: node };
      nodes.push(node!);
    }
    throw this.#error("unexpected end of the template, {{end}} is missing");
  }

  #name(context: string): string {
    const token = this.#takePastSpace();
    if (token.kind !== "string" && token.kind !== "raw-string") throw this.#unexpected(token, context);
    return unquote(token.text, token.at);
  }

  #pipe(context: string, end: TokenKind): Pipe {
    const pipe: Pipe = {
      kind: "pipe",
      variables: [],
      isAssignment: false,
      commands: [],
      at: this.#peekPastSpace().at,
    };
    this.#declarations(pipe, context);
    for (;;) {
      const token = this.#peekPastSpace();
      if (token.kind === end) {
        this.#take();
        break;
      }
      if (!operandKinds.has(token.kind) && token.text !== "nil") throw this.#unexpected(token, context);
      pipe.commands.push(this.#command());
    }
    if (!pipe.isAssignment) this.#variables.push(...pipe.variables);
    if (pipe.commands.length === 0) throw new TemplateError(`missing value for ${context}`, pipe.at);
    for (const [index, { operands, at }] of pipe.commands.entries()) {
      if (index > 0 && ["bool", "dot", "nil", "number", "string"].includes(operands[0]!.kind))
        throw new TemplateError(`non executable command in pipeline stage ${index + 1}`, at);
    }
    return pipe;
  }

  #declarations(pipe: Pipe, context: string): void {
    while (this.#peekPastSpace().kind === "variable") {
      const start = this.#next;
      const { text: name } = this.#take();
      const after = this.#peekPastSpace();
      if (after.kind !== ":=" && after.kind !== "=" && after.kind !== ",") {
        this.#next = start;
        return;
      }
      this.#take();
      pipe.variables.push(name);
      if (after.kind !== ",") {
        pipe.isAssignment = after.kind === "=";
        for (const variable of pipe.isAssignment ? pipe.variables : [])
          this.#checkVariable(variable, after.at);
        return;
      }
      if (context !== "range" || pipe.variables.length > 1)
        throw new TemplateError(`too many declarations in ${context}`, after.at);
      if (this.#peekPastSpace().kind !== "variable")
        throw new TemplateError("range can only initialize variables", after.at);
    }
  }

  #command(): Command {
    const operands: Operand[] = [];
    const { at } = this.#peekPastSpace();
    for (;;) {
      this.#peekPastSpace();
      const operand = this.#operand();
      if (operand) operands.push(operand);
      const token = this.#peek();
      if (token.kind === "space") continue;
      if (token.kind === "|") {
        this.#take();
        const after = this.#peekPastSpace();
        if (after.kind === "close" || after.kind === ")")
          throw new TemplateError("missing value for command", after.at);
      } else if (token.kind !== "close" && token.kind !== ")") throw this.#unexpected(token, "operand");
      break;
    }
    if (operands.length === 0) throw new TemplateError("empty command", at);
    return { operands, at };
  }

  #operand(): Operand | undefined {
    const term = this.#term();
    if (!term || this.#peek().kind !== "field") return term;
    const names: string[] = [];
    while (this.#peek().kind === "field") names.push(this.#take().text.slice(1));
    if (term.kind === "field" || term.kind === "variable")
      return { ...term, names: [...term.names, ...names] };
    if (["bool", "string", "number", "nil", "dot"].includes(term.kind))
      throw new TemplateError(`unexpected . after ${term.kind}`, term.at);
    return { kind: "chain", operand: term, names, at: term.at };
  }

  #term(): Operand | undefined {
    const token = this.#peek();
    const { kind, text, at } = token;
    if (!operandKinds.has(kind) && text !== "nil") return undefined;
    this.#take();
    switch (kind) {
      case "word":
        if (!this.#isFunction(text))
          throw new TemplateError(`function ${JSON.stringify(text)} not defined`, at);
        return { kind: "function", name: text, at };
      case "dot":
        return { kind: "dot", at };
      case "variable":
        this.#checkVariable(text, at);
        return { kind: "variable", name: text, names: [], at };
      case "field":
        return { kind: "field", names: [text.slice(1)], at };
      case "bool":
        return { kind: "bool", value: text === "true", at };
      case "number":
        return { kind: "number", ...number(text, at), at };
      case "char":
        return { kind: "number", value: character(text, at), isFloat: false, at };
      case "string":
      case "raw-string":
        return { kind: "string", value: unquote(text, at), at };
      case "(":
        return this.#nested(at, () => this.#pipe("parenthesized pipeline", ")"));
      default:
        return { kind: "nil", at };
    }
  }

  #checkVariable(name: string, at: number): void {
    if (!this.#variables.includes(name))
      throw new TemplateError(`undefined variable ${JSON.stringify(name)}`, at);
  }

  #nested<T>(at: number, parsePart: () => T): T {
    if (++this.#depth > maxDepth) throw new TemplateError("nested too deeply", at);
    const part = parsePart();
    this.#depth--;
    return part;
  }

  #peek(): Token {
    return this.#tokens[this.#next]!;
  }

  #take(): Token {
    const token = this.#peek();
    if (token.kind !== "end") this.#next++;
    return token;
  }

  #peekPastSpace(): Token {
    while (this.#peek().kind === "space") this.#next++;
    return this.#peek();
  }

  #takePastSpace(): Token {
    this.#peekPastSpace();
    return this.#take();
  }

  #expect(kind: TokenKind, context: string): void {
    const token = this.#takePastSpace();
    if (token.kind !== kind) throw this.#unexpected(token, context);
  }

  #unexpected({ text, at }: Token, context: string): TemplateError {
    return new TemplateError(`unexpected ${text ? JSON.stringify(text) : "end"} in ${context}`, at);
  }

  #error(message: string): TemplateError {
    return new TemplateError(message, this.#peek().at);
  }
}

function isBlank(nodes: readonly Node[]): boolean {
  return nodes.every((node) => node.kind === "text" && !node.text.trim());
}

const operandKinds: ReadonlySet<TokenKind> = new Set([
  "bool",
  "char",
  "dot",
  "field",
  "word",
  "number",
  "raw-string",
  "string",
  "variable",
  "(",
]);
