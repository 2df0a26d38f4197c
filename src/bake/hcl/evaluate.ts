import { ConversionError, toBool, toNumber, toText, unify } from "./convert.js";
import { type Expressions, isTemplate } from "./expressions.js";
import { HclError, UndefinedName } from "./hcl-error.js";
import { HclNumber } from "./number.js";
import { type Ast, bareKey } from "./parse-wasm.js";
import { fromJson, isEqual, Mapping, Sequence, typeName, type Value } from "./value.js";

/** What expressions can refer to. */
export interface Scope {
  /**
   * The value of a name, or undefined if there is none.
   * @param path the attributes that follow it, as far as they are known: "target.app.args" has ["app", "args"]
   */
  variable(name: string, path: readonly string[]): Value | undefined;
  /** A function, or undefined if there is none. */
  call(name: string): HclFunction | undefined;
  readonly expressions: Expressions;
}

/** A function that expressions can call. Throws {@link ConversionError}s and {@link HclError}s. */
export type HclFunction = (call: Call) => Value;

/** A call of a function. */
export interface Call {
  /** The values of the arguments. */
  readonly args: readonly Value[];
  /** The arguments themselves, for functions that evaluate them on their own; undefined for spread ones. */
  readonly nodes: readonly Ast[];
  readonly evaluate: (node: Ast) => Value;
}

/** Functions that evaluate their arguments themselves. */
const lazyFunctions = new Set(["try", "can", "convert"]);

/** The value of a piece of parsed JSON, whose texts and keys are templates. */
export function evaluateJson(json: unknown, scope: Scope): Value {
  if (typeof json === "string") return isTemplate(json) ? evaluateTemplate(json, scope) : fromJson(json);
  if (Array.isArray(json)) return new Sequence(json.map((item) => evaluateJson(item, scope)));
  if (json === null || typeof json !== "object") return fromJson(json);
  return new Mapping(
    Object.entries(json).map(([key, value]) => [
      keyText(evaluateJson(key, scope)),
      evaluateJson(value, scope),
    ]),
  );
}

function evaluateTemplate(text: string, scope: Scope): Value {
  const parts = scope.expressions.partsOf(text);
  const [only] = parts;
  try {
    if (parts.length === 1 && only!.type !== "literalValue") return new Evaluator(scope).valueOf(only!);
    return new Evaluator(scope).template(parts, { isQuoted: false });
  } catch (cause) {
    if (cause instanceof HclError) cause.noteTemplate(text);
    throw cause;
  }
}

/** The value of a node of a template. */
export function evaluateNode(node: Ast, scope: Scope): Value {
  return new Evaluator(scope).valueOf(node);
}

/** Evaluates nodes in a scope. */
class Evaluator {
  readonly #scope: Scope;
  /** What a splat visits at the moment. */
  readonly #item: Value | undefined;

  constructor(scope: Scope, item?: Value) {
    this.#scope = scope;
    this.#item = item;
  }

  valueOf(node: Ast): Value {
    return inNode(node, () => this.#evaluate(node));
  }

  #evaluate(node: Ast): Value {
    const { children, meta = {} } = node;
    const [first, second, third] = children as [Ast, Ast, Ast];
    switch (node.type) {
      case "":
        return first ? this.valueOf(first) : this.#item!;
      case "literalValue":
        return literal(meta);
      case "template":
        return this.template(children, { isQuoted: String(meta.value).startsWith('"') });
      case "templateWrap":
        return this.valueOf(first);
      case "templateJoin":
        return this.#join(first, true);
      case "scopeTraversal":
        return this.#traversal(node);
      case "relativeTraversal":
        return this.#follow(this.valueOf(first), stepsOf(node));
      case "index":
        return at(this.valueOf(first), this.valueOf(second));
      case "splat":
        return this.#splat(first, second);
      case "tuple":
        return new Sequence(children.map((child) => this.valueOf(child)));
      case "object":
        return this.#object(node);
      case "for":
        return this.#for(node);
      case "conditional":
        return this.#conditional(first, second, third);
      case "unaryOp":
        return meta.operator === "logicalNot"
          ? !this.#operand(first, toBool, "Unsuitable value for unary operand")
          : this.#operand(first, toNumber, "Unsuitable value for unary operand").negate();
      case "binaryOp":
        return this.#binary(String(meta.operator), first, second);
      case "function":
        return this.#call(node);
      default:
        throw new HclError("Invalid expression", `Expressions of type ${node.type} are not supported.`);
    }
  }

  /** The text of a template. */
  template(parts: readonly Ast[], { isQuoted }: { isQuoted: boolean }): string {
    return parts
      .map((part) => this.#part(part, isQuoted))
      .join("")
      .normalize("NFC");
  }

  #part(part: Ast, isQuoted: boolean): string {
    if (part.type === "literalValue" && part.meta?.type === "string")
      return unescaped(String(part.meta.value), isQuoted);
    if (part.type === "templateJoin") return this.#join(part.children[0]!, isQuoted);
    if (part.type === "conditional" && String(part.meta?.value).startsWith("%{")) {
      const [condition, yes, no] = part.children;
      return this.#directive(this.#condition(condition!) ? yes! : no!, isQuoted);
    }
    const value = this.valueOf(part);
    return inNode(part, () => interpolated(value));
  }

  /** The text within a directive has the escapes of the text around it. */
  #directive(body: Ast, isQuoted: boolean): string {
    return body.type === "template" ? this.template(body.children, { isQuoted }) : this.#part(body, isQuoted);
  }

  #join(loop: Ast, isQuoted: boolean): string {
    const body = loop.children.at(-1)!;
    const collection = this.valueOf(loop.children[0]!);
    return this.#iterate(loop, collection)
      .map((inner) => inner.#directive(body, isQuoted))
      .join("");
  }

  #traversal(node: Ast): Value {
    const [root, ...steps] = stepsOf(node);
    const name = String(root);
    const path = steps.map((step) => (typeof step === "string" ? step : String(step)));
    const value = this.#scope.variable(name, path);
    if (value === undefined)
      throw new UndefinedName("Unknown variable", `There is no variable named ${JSON.stringify(name)}.`);
    return this.#follow(value, steps);
  }

  #follow(start: Value, steps: readonly (string | Index)[]): Value {
    return steps.reduce<Value>(
      (value, step) => (typeof step === "string" ? attributeOf(value, step) : at(value, step.key)),
      start,
    );
  }

  #splat(source: Ast, each: Ast): Value {
    const value = this.valueOf(source);
    if (value === null) return new Sequence([]);
    const items = value instanceof Sequence ? value.items : [value];
    return new Sequence(items.map((item) => new Evaluator(this.#scope, item).valueOf(each)));
  }

  #object({ children }: Ast): Value {
    const entries: [string, Value][] = [];
    for (let index = 0; index < children.length; index += 2) {
      const key = children[index]!;
      const name = key.type === bareKey ? String(key.meta!.value) : keyText(this.valueOf(key));
      entries.push([name, this.valueOf(children[index + 1]!)]);
    }
    return new Mapping(entries);
  }

  #for(node: Ast): Value {
    const { children, meta = {} } = node;
    const collection = this.valueOf(children[0]!);
    const isObject = meta.keyExpression !== undefined;
    const condition = meta.conditionalExpression === undefined ? undefined : children.at(-1);
    const kept = this.#iterate(node, collection).filter((inner) => !condition || inner.#condition(condition));
    if (!isObject) return new Sequence(kept.map((inner) => inner.valueOf(children[1]!)));
    const found = new Map<string, Value[]>();
    for (const inner of kept) {
      const key = keyText(inner.valueOf(children[1]!));
      const values = found.get(key) ?? [];
      if (values.length > 0 && !meta.groupedValue) {
        throw new HclError(
          "Duplicate object key",
          `Two different items produced the key ${JSON.stringify(key)} in this 'for' expression. If duplicates are expected, use the ellipsis (...) after the value expression to enable grouping by key.`,
        );
      }
      found.set(key, [...values, inner.valueOf(children[2]!)]);
    }
    return new Mapping(
      [...found].map(([key, values]) => [key, meta.groupedValue ? new Sequence(values) : values[0]!]),
    );
  }

  /** An evaluator for each item of a collection, with the variables of the loop. */
  #iterate({ meta = {} }: Ast, collection: Value): Evaluator[] {
    const keyName = String(meta.keyVar ?? "");
    const valueName = String(meta.valVar);
    return elementsOf(collection, "Iteration over null value", "Iteration over non-iterable value").map(
      ([key, value]) => {
        const variables = new Map([[valueName, value], ...(keyName ? ([[keyName, key]] as const) : [])]);
        return new Evaluator(withVariables(this.#scope, variables), this.#item);
      },
    );
  }

  #conditional(condition: Ast, yes: Ast, no: Ast): Value {
    const isTrue = this.#condition(condition);
    const value = this.valueOf(isTrue ? yes : no);
    let other: Value;
    try {
      other = this.valueOf(isTrue ? no : yes);
    } catch (cause) {
      if (cause instanceof HclError) return value;
      throw cause;
    }
    return unify(value, other)[0];
  }

  #condition(node: Ast): boolean {
    const value = this.valueOf(node);
    if (value === null)
      throw new HclError(
        "Null condition",
        "The condition value is null. Conditions must either be true or false.",
      );
    const what = () => "The condition expression must be of type bool.";
    return inNode(node, () => converted(value, toBool, "Incorrect condition type", what));
  }

  #operand<T>(node: Ast, to: (value: Value) => T, prefix: string): T {
    const value = this.valueOf(node);
    if (value === null)
      throw new HclError("Operation failed", "Error during operation: argument must not be null.");
    return inNode(node, () => converted(value, to, "Invalid operand", (why) => `${prefix}: ${why}.`));
  }

  #binary(operator: string, left: Ast, right: Ast): Value {
    const sides = <T>(to: (value: Value) => T): [T, T] => [
      this.#operand(left, to, "Unsuitable value for left operand"),
      this.#operand(right, to, "Unsuitable value for right operand"),
    ];
    switch (operator) {
      case "equal":
        return isEqual(this.valueOf(left), this.valueOf(right));
      case "notEqual":
        return !isEqual(this.valueOf(left), this.valueOf(right));
      case "logicalAnd": {
        const isTrue = this.#operand(left, toBool, "Unsuitable value for left operand");
        return isTrue && this.#operand(right, toBool, "Unsuitable value for right operand");
      }
      case "logicalOr": {
        const isTrue = this.#operand(left, toBool, "Unsuitable value for left operand");
        return isTrue || this.#operand(right, toBool, "Unsuitable value for right operand");
      }
    }
    const [a, b] = sides(toNumber);
    const operation = arithmetic[operator];
    if (!operation) throw new HclError("Invalid expression", `Unknown operator ${operator}.`);
    try {
      return operation(a, b);
    } catch (cause) {
      throw new HclError("Operation failed", `Error during operation: ${(cause as Error).message}.`);
    }
  }

  #call({ children, meta = {} }: Ast): Value {
    const name = String(meta.name);
    const apply = this.#scope.call(name);
    if (!apply) {
      throw new UndefinedName(
        "Call to unknown function",
        `There is no function named ${JSON.stringify(name)}.`,
      );
    }
    const evaluate = (node: Ast) => this.valueOf(node);
    const args = lazyFunctions.has(name) ? [] : children.map(evaluate);
    if (meta.expandedFinalArgument && args.length > 0) {
      const last = args.pop()!;
      if (!(last instanceof Sequence)) {
        throw new HclError(
          "Invalid expanding argument value",
          "The expanding argument (indicated by ...) must be of a tuple, list, or set type.",
        );
      }
      args.push(...last.items);
    }
    try {
      return apply({ args, nodes: children, evaluate });
    } catch (cause) {
      if (cause instanceof HclError && !(cause instanceof UndefinedName)) throw cause;
      if (cause instanceof UndefinedName || cause instanceof RangeError) throw cause;
      throw new HclError(
        "Error in function call",
        `Call to function ${JSON.stringify(name)} failed: ${(cause as Error).message}.`,
      );
    }
  }
}

const arithmetic: Record<string, (a: HclNumber, b: HclNumber) => Value> = {
  add: (a, b) => a.add(b),
  subtract: (a, b) => a.subtract(b),
  multiply: (a, b) => a.multiply(b),
  divide: (a, b) => a.divide(b),
  modulo: (a, b) => a.modulo(b),
  greaterThan: (a, b) => a.compare(b) > 0,
  greaterThanOrEqual: (a, b) => a.compare(b) >= 0,
  lessThan: (a, b) => a.compare(b) < 0,
  lessThanOrEqual: (a, b) => a.compare(b) <= 0,
};

/** Runs work on a node, whose errors are there. */
function inNode<T>({ range }: Ast, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof HclError) cause.noteByte(range.start.byte);
    throw cause;
  }
}

/** A scope with further variables. */
export function withVariables(scope: Scope, variables: ReadonlyMap<string, Value>): Scope {
  return {
    expressions: scope.expressions,
    call: (name) => scope.call(name),
    variable: (name, path) => (variables.has(name) ? variables.get(name) : scope.variable(name, path)),
  };
}

/** The keys and values of a collection. */
function elementsOf(collection: Value, ifNull: string, ifOther: string): [Value, Value][] {
  if (collection instanceof Mapping) return [...collection.entries];
  if (collection instanceof Sequence) {
    const isSet = collection.kind === "set";
    return collection.items.map((item, index) => [isSet ? item : HclNumber.of(BigInt(index)), item]);
  }
  if (collection === null)
    throw new HclError(ifNull, "A null value cannot be used as the collection in a 'for' expression.");
  throw new HclError(
    ifOther,
    `A value of type ${typeName(collection)} cannot be used as the collection in a 'for' expression.`,
  );
}

/** A step in brackets. */
interface Index {
  key: Value;
}

/** The steps of a traversal, the root first. */
function stepsOf({ meta = {} }: Ast): (string | Index)[] {
  const traversal = meta.traversal as { type: string; segment: string }[];
  return traversal.map(({ type, segment }) => {
    if (type === "nameTraversal") return segment;
    const isText = segment.startsWith('"');
    return { key: isText ? segment.slice(1, -1) : HclNumber.parse(segment)! };
  });
}

/** The names at the start of a traversal, below its root. */
export function attributePath(node: Ast): string[] {
  return stepsOf(node)
    .slice(1)
    .map((step) => (typeof step === "string" ? step : String(step.key)));
}

function attributeOf(value: Value, name: string): Value {
  if (value instanceof Mapping) {
    const found = value.entries.get(name);
    if (found !== undefined) return found;
    if (value.kind === "map")
      throw new HclError(
        "Missing map element",
        `This map does not have an element with the key ${JSON.stringify(name)}.`,
      );
    throw new HclError(
      "Unsupported attribute",
      `This object does not have an attribute named ${JSON.stringify(name)}.`,
    );
  }
  if (value === null)
    throw new HclError(
      "Attempt to get attribute from null value",
      "This value is null, so it does not have any attributes.",
    );
  throw new HclError("Unsupported attribute", "This value does not have any attributes.");
}

function at(value: Value, key: Value): Value {
  if (value === null)
    throw new HclError("Attempt to index null value", "This value is null, so it does not have any indices.");
  const invalid = (why: string) => new HclError("Invalid index", why);
  if (key === null) throw invalid("Can't use a null value as an indexing key.");
  const missing = "The given key does not identify an element in this collection value";
  if (value instanceof Mapping) {
    const found = value.entries.get(converted(key, toText, "Invalid index", (why) => `${missing}: ${why}.`));
    if (found === undefined) throw invalid(`${missing}.`);
    return found;
  }
  if (value instanceof Sequence && value.kind !== "set") {
    const index = converted(key, toNumber, "Invalid index", (why) => `${missing}: ${why}.`);
    const found = index.isInteger && index.numerator >= 0n ? value.items[Number(index.numerator)] : undefined;
    if (found !== undefined) return found;
    throw invalid(
      `${missing}${index.numerator < 0n ? ": a negative number is not a valid index for a sequence" : ""}.`,
    );
  }
  throw invalid("This value does not have any indices.");
}

function keyText(value: Value): string {
  if (value === null) throw new HclError("Null value as key", "Can't use a null value as a key.");
  return converted(value, toText, "Incorrect key type", (why) => `Can't use this value as a key: ${why}.`);
}

/** The text of a value in a template. */
function interpolated(value: Value): string {
  const summary = "Invalid template interpolation value";
  if (value === null) {
    const detail = "The expression result is null. Cannot include a null value in a string template.";
    throw new HclError(summary, detail);
  }
  return converted(
    value,
    toText,
    summary,
    (why) => `Cannot include the given value in a string template: ${why}.`,
  );
}

/** Converts a value. A failure is an {@link HclError}. */
function converted<T>(
  value: Value,
  to: (value: Value) => T,
  summary: string,
  detail: (why: string) => string,
): T {
  try {
    return to(value);
  } catch (cause) {
    if (!(cause instanceof ConversionError)) throw cause;
    throw new HclError(summary, detail(cause.message));
  }
}

function literal(meta: Readonly<Record<string, unknown>>): Value {
  const text = String(meta.value);
  if (meta.type === "string") return text.normalize("NFC");
  if (meta.type === "bool") return text === "true";
  if (meta.type === "number") return HclNumber.parse(text)!;
  return null;
}

const escapes: Record<string, string> = { n: "\n", r: "\r", t: "\t", '"': '"', "\\": "\\" };

/** Resolves the escapes of a literal part of a template. */
function unescaped(text: string, isQuoted: boolean): string {
  const plain = text.replace(/\$\$\{/g, "\0$").replace(/%%\{/g, "\0%");
  const resolved = isQuoted
    ? plain.replace(/\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))/gs, (_, short, long, one) =>
        one === undefined ? String.fromCodePoint(Number.parseInt(short ?? long, 16)) : (escapes[one] ?? one),
      )
    : plain;
  return resolved.replace(/\0([$%])/g, "$1{");
}

/** The names of all functions that a node calls. */
export function* functionsIn(node: Ast): Iterable<string> {
  if (node.type === "function") yield String(node.meta?.name);
  for (const child of node.children) yield* functionsIn(child);
}
