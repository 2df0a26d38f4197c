import type { TemplateFunction } from "./functions.js";
import type { Command, Node, Operand, Pipe } from "./nodes.js";
import type { Tree } from "./parser.js";
import { printValue } from "./print-value.js";
import { TemplateError } from "./template-error.js";
import { Float, GoMap, isSlice, isTrue, NilPointer, Struct, typeName, type Value } from "./values.js";

/** Limits of one execution, so that every template ends. */
const maxSteps = 500_000;
const maxCharacters = 32 * 1024 * 1024;
/** How deep templates may call templates. */
const maxCalls = 100;

/** What an execution needs besides the tree. */
export interface EvaluatorOptions {
  functions: Readonly<Record<string, TemplateFunction>>;
  /** How a text of the data is shown that is printed as it is. */
  show(text: string): string;
}

/** No value is piped into a command. */
const nothing = Symbol("nothing");
type Piped = Value | typeof nothing;

/** How a list of nodes ended. */
type Ending = "break" | "continue" | undefined;

/** Executes a parsed template once. */
export class Evaluator {
  readonly #tree: Tree;
  readonly #options: EvaluatorOptions;
  readonly #output: string[] = [];
  #variables: { name: string; value: Value }[] = [];
  #steps = 0;
  #characters = 0;
  #calls = 0;

  constructor(tree: Tree, options: EvaluatorOptions) {
    this.#tree = tree;
    this.#options = options;
  }

  /** The output for a value. Throws a {@link TemplateError}. */
  run(data: Value): string {
    this.#variables = [{ name: "$", value: data }];
    this.#walk(this.#tree.main, data);
    return this.#output.join("");
  }

  #walk(nodes: readonly Node[], dot: Value): Ending {
    for (const node of nodes) {
      const ending = this.#at(node.at, () => this.#walkOne(node, dot));
      if (ending) return ending;
    }
    return undefined;
  }

  #walkOne(node: Node, dot: Value): Ending {
    switch (node.kind) {
      case "text":
        this.#write(node.text);
        return undefined;
      case "action": {
        const value = this.#pipe(node.pipe, dot);
        if (node.pipe.variables.length === 0) this.#print(value, node.pipe);
        return undefined;
      }
      case "if":
      case "with":
        return this.#scoped(() => {
          const value = this.#pipe(node.pipe, dot);
          if (!isTrue(value)) return this.#walk(node.otherwise, dot);
          return this.#walk(node.body, node.kind === "with" ? value : dot);
        });
      case "range":
        return this.#scoped(() => this.#range(node.pipe, node.body, node.otherwise, dot));
      case "template":
        this.#template(node.name, node.pipe && this.#pipe(node.pipe, dot));
        return undefined;
      default:
        return node.kind;
    }
  }

  #range(pipe: Pipe, body: Node[], otherwise: Node[], dot: Value): Ending {
    const value = this.#pipe(pipe, dot);
    let count = 0;
    for (const [key, element] of this.#elements(value, pipe)) {
      count++;
      const ending = this.#scoped(() => {
        this.#setLoopVariables(pipe, key, element);
        return this.#walk(body, element);
      });
      if (ending === "break") return undefined;
    }
    return count === 0 ? this.#walk(otherwise, dot) : undefined;
  }

  *#elements(value: Value, { variables }: Pipe): Generator<[Value, Value]> {
    if (typeof value === "number") {
      if (variables.length > 1)
        throw new TemplateError(`can't use ${value} to iterate over more than one variable`);
      for (let each = 0; each < value; each++) {
        this.#step();
        yield [undefined, each];
      }
    } else if (isSlice(value)) {
      for (const entry of value.entries()) {
        this.#step();
        yield entry;
      }
    } else if (value instanceof GoMap) yield* value.entries;
    else if (value !== undefined && value !== null)
      throw new TemplateError(`range can't iterate over ${printValue(value)}`);
  }

  /** One variable is the element; of two, the first is the key. */
  #setLoopVariables({ variables, isAssignment }: Pipe, key: Value, element: Value): void {
    const values = variables.length > 1 ? [key, element] : [element];
    for (const [index, name] of variables.entries()) {
      if (isAssignment) this.#assign(name, values[index]);
      else this.#variables.push({ name, value: values[index] });
    }
  }

  #template(name: string, data: Value): void {
    const body = this.#tree.defined.get(name);
    if (!body) throw new TemplateError(`template ${JSON.stringify(name)} not defined`);
    if (++this.#calls > maxCalls) throw new TemplateError(`templates are nested more than ${maxCalls} deep`);
    const outer = this.#variables;
    this.#variables = [{ name: "$", value: data }];
    this.#walk(body, data);
    this.#variables = outer;
    this.#calls--;
  }

  #pipe(pipe: Pipe, dot: Value): Value {
    let value: Piped = nothing;
    for (const command of pipe.commands) {
      this.#step();
      const previous: Piped = value;
      const result: Value = this.#at(command.at, () => this.#command(command, dot, previous));
      value = result === null ? undefined : result;
    }
    const result = value as Value;
    for (const name of pipe.variables) {
      if (pipe.isAssignment) this.#assign(name, result);
      else this.#variables.push({ name, value: result });
    }
    return result;
  }

  #command({ operands }: Command, dot: Value, piped: Piped): Value {
    const [first, ...rest] = operands as [Operand, ...Operand[]];
    switch (first.kind) {
      case "function":
        return this.#call(first.name, rest, dot, piped);
      case "field":
        return this.#fields(dot, first.names, rest, dot, piped);
      case "variable":
        return this.#fields(this.#variable(first.name), first.names, rest, dot, piped);
      case "chain":
        return this.#fields(this.#operand(first.operand, dot), first.names, rest, dot, piped);
      case "nil":
        throw new TemplateError("nil is not a command");
    }
    if (rest.length > 0 || piped !== nothing) throw new TemplateError("can't give argument to non-function");
    return this.#operand(first, dot);
  }

  #operand(operand: Operand, dot: Value): Value {
    switch (operand.kind) {
      case "pipe":
        return this.#pipe(operand, dot);
      case "dot":
        return dot;
      case "nil":
        return null;
      case "bool":
      case "string":
        return operand.value;
      case "number":
        return operand.isFloat ? new Float(operand.value) : operand.value;
      case "function":
        return this.#call(operand.name, [], dot, nothing);
      case "field":
        return this.#fields(dot, operand.names, [], dot, nothing);
      case "variable":
        return this.#fields(this.#variable(operand.name), operand.names, [], dot, nothing);
      case "chain":
        return this.#fields(this.#operand(operand.operand, dot), operand.names, [], dot, nothing);
    }
  }

  /** Follows fields; the last may be a method with arguments. */
  #fields(start: Value, names: readonly string[], args: readonly Operand[], dot: Value, piped: Piped): Value {
    const hasArguments = args.length > 0 || piped !== nothing;
    if (names.length === 0 && hasArguments) throw new TemplateError("can't give argument to non-function");
    return names.reduce((value, name, index) => {
      const isLast = index === names.length - 1;
      return this.#field(value, name, isLast ? args : [], dot, isLast ? piped : nothing);
    }, start);
  }

  #field(value: Value, name: string, args: readonly Operand[], dot: Value, piped: Piped): Value {
    if (value === undefined) return undefined;
    const hasArguments = args.length > 0 || piped !== nothing;
    if (value instanceof Struct && Object.hasOwn(value.members, name)) {
      const member = value.members[name];
      if (typeof member === "function") {
        const values = args.map((each) => this.#operand(each, dot));
        return member(...values, ...(piped === nothing ? [] : [piped]));
      }
      if (hasArguments) throw new TemplateError(`${name} has arguments but cannot be invoked as function`);
      return member as Value;
    }
    if (value instanceof GoMap) {
      if (hasArguments) throw new TemplateError(`${name} is not a method but has arguments`);
      return value.entries.get(name);
    }
    if (value === null || value instanceof NilPointer)
      throw new TemplateError(`nil pointer evaluating ${typeName(value)}.${name}`);
    throw new TemplateError(`can't evaluate field ${name} in type ${typeName(value)}`);
  }

  #call(name: string, args: readonly Operand[], dot: Value, piped: Piped): Value {
    const { parameters, isVariadic = false, call } = this.#options.functions[name]!;
    const count = args.length + (piped === nothing ? 0 : 1);
    if (count < parameters.length || (!isVariadic && count > parameters.length)) {
      const wanted = `${isVariadic ? "at least " : ""}${parameters.length}`;
      throw new TemplateError(`wrong number of args for ${name}: want ${wanted} got ${count}`);
    }
    if (name === "and" || name === "or") return this.#logical(name, args, dot, piped);
    const values = args.map((each, index) => this.#argument(each, parameters[index] ?? "any", dot));
    if (piped !== nothing) values.push(checked(piped, parameters[args.length] ?? "any"));
    try {
      return this.#bounded(call(...values));
    } catch (error) {
      if (error instanceof TemplateError) error.message = `error calling ${name}: ${error.message}`;
      throw error;
    }
  }

  /** `and` and `or` end at the first argument that decides. */
  #logical(name: "and" | "or", args: readonly Operand[], dot: Value, piped: Piped): Value {
    let value: Value;
    for (const each of args) {
      value = this.#operand(each, dot);
      if (isTrue(value) === (name === "or")) return value;
    }
    return piped === nothing ? value : piped;
  }

  #argument(operand: Operand, wanted: TemplateFunction["parameters"][number], dot: Value): Value {
    if (wanted === "integer" && operand.kind === "number" && Number.isInteger(operand.value))
      return operand.value;
    return checked(this.#operand(operand, dot), wanted);
  }

  #variable(name: string): Value {
    return this.#known(name).value;
  }

  #assign(name: string, value: Value): void {
    this.#known(name).value = value;
  }

  /** A variable that an earlier branch declares is unknown when that branch was not taken. */
  #known(name: string): { value: Value } {
    const variable = this.#variables.findLast((each) => each.name === name);
    if (!variable) throw new TemplateError(`undefined variable: ${name}`);
    return variable;
  }

  #scoped<T>(run: () => T): T {
    const known = this.#variables.length;
    const result = run();
    this.#variables.length = known;
    return result;
  }

  #print(value: Value, { commands }: Pipe): void {
    const [{ operands }] = commands as [Command];
    const isData = commands.length === 1 && ["field", "variable", "chain", "dot"].includes(operands[0]!.kind);
    const text = value === undefined ? "<no value>" : printValue(value);
    this.#write(isData ? this.#options.show(text) : text);
  }

  #write(text: string): void {
    this.#characters += text.length;
    if (this.#characters > maxCharacters)
      throw new TemplateError(`the output has more than ${maxCharacters} characters`);
    this.#output.push(text);
  }

  #bounded(value: Value): Value {
    if (typeof value === "string" && value.length > maxCharacters)
      throw new TemplateError(`the text has more than ${maxCharacters} characters`);
    return value;
  }

  #step(): void {
    if (++this.#steps > maxSteps) throw new TemplateError(`the template takes more than ${maxSteps} steps`);
  }

  /** Gives errors the position of the innermost part. */
  #at<T>(at: number, run: () => T): T {
    try {
      return run();
    } catch (error) {
      if (error instanceof TemplateError) error.at ??= at;
      throw error;
    }
  }
}

function checked(value: Value, wanted: TemplateFunction["parameters"][number]): Value {
  if (wanted === "any") return value;
  const bare = value instanceof Struct ? (value.options.basic ?? value) : value;
  if (wanted === "text" ? typeof bare === "string" : typeof bare === "number") return bare;
  const name = wanted === "text" ? "string" : "int";
  throw new TemplateError(
    value === undefined || value === null
      ? `invalid value; expected ${name}`
      : `wrong type for value; expected ${name}; got ${typeName(value)}`,
  );
}
