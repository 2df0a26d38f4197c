import { dockerFunctions } from "./docker-functions.js";
import { Evaluator } from "./evaluator.js";
import { builtinFunctions, type TemplateFunction } from "./functions.js";
import type { Command, Node, Operand, Pipe } from "./nodes.js";
import { parse, type Tree } from "./parser.js";
import { TemplateError } from "./template-error.js";
import type { Value } from "./values.js";

/** Functions by their names. */
export type Functions = Readonly<Record<string, TemplateFunction>>;

/** How a template is executed. */
export interface ExecuteOptions {
  /** Functions that replace those of the same names. */
  functions?: Functions;
  /** How a text of the data is shown that is printed as it is. Default: unchanged. */
  show?(text: string): string;
}

/**
 * A template of Go's text/template with docker's functions. Only `call`, complex numbers and a few verbs of `printf` are
 * missing. An execution has limits on steps and output. Errors are {@link TemplateError}s, whose messages begin with
 * line and column.
 */
export class Template {
  readonly #text: string;
  readonly #tree: Tree;

  constructor(text: string) {
    this.#text = text;
    this.#tree = this.#located(() =>
      parse(text, (name) => Object.hasOwn(builtinFunctions, name) || Object.hasOwn(dockerFunctions, name)),
    );
  }

  /** The output for a value. */
  execute(data: Value, { functions, show = (text) => text }: ExecuteOptions = {}): string {
    const known = { ...builtinFunctions, ...dockerFunctions, ...functions };
    return this.#located(() => new Evaluator(this.#tree, { functions: known, show }).run(data));
  }

  /**
   * The fields of the data that the template names outside of the parts where the dot is another value: what a caller
   * can check or load before it executes.
   */
  fields(): Set<string> {
    const names = new Set<string>();
    for (const node of this.#tree.main) addFields(node, true, names);
    return names;
  }

  #located<T>(run: () => T): T {
    try {
      return run();
    } catch (error) {
      if (!(error instanceof TemplateError) || error.at === undefined) throw error;
      const lines = this.#text.slice(0, error.at).split("\n");
      throw new TemplateError(`${lines.length}:${lines.at(-1)!.length + 1}: ${error.message}`);
    }
  }
}

/** @param isRoot whether the dot is the data */
function addFields(node: Node, isRoot: boolean, names: Set<string>): void {
  if ("pipe" in node && node.pipe) addFieldsOfPipe(node.pipe, isRoot, names);
  if (!("body" in node)) return;
  for (const each of node.body) addFields(each, isRoot && node.kind === "if", names);
  for (const each of node.otherwise) addFields(each, isRoot, names);
}

function addFieldsOfPipe({ commands }: Pipe, isRoot: boolean, names: Set<string>): void {
  const add = (operand: Operand): void => {
    if (operand.kind === "pipe") addFieldsOfPipe(operand, isRoot, names);
    else if (operand.kind === "chain") add(operand.operand);
    else if (operand.kind === "field" && isRoot) names.add(operand.names[0]!);
    else if (operand.kind === "variable" && operand.name === "$" && operand.names[0])
      names.add(operand.names[0]);
  };
  for (const { operands } of commands as Command[]) operands.forEach(add);
}
