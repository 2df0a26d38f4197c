import { readGoBool } from "../util/go-values.js";
import { BakeError, CycleError } from "./bake-error.js";
import type { Variable } from "./definition.js";
import { csv } from "./entries.js";
import { ConversionError, convert, nameOfType, type Type, toBool, toText } from "./hcl/convert.js";
import { evaluateJson, type Scope } from "./hcl/evaluate.js";
import { HclError, type Place } from "./hcl/hcl-error.js";
import { HclNumber } from "./hcl/number.js";
import type { Body } from "./hcl/parse-file.js";
import { readType } from "./hcl/type-expression.js";
import { fromJson, Mapping, Sequence, setOf, toJson, type Value } from "./hcl/value.js";

/** Where variables get their values from. */
export interface VariableSources {
  /** Blocks of variables. */
  readonly blocks: ReadonlyMap<string, Body>;
  /** Attributes outside of blocks, which are variables too. */
  readonly attributes: ReadonlyMap<string, unknown>;
  /** Values that nothing overrides, such as BAKE_CMD_CONTEXT. */
  readonly builtIn: ReadonlyMap<string, string>;
  /** The value that the caller or the environment gives. */
  lookUp(name: string): string | undefined;
}

/** The global variables of the files. Each is evaluated when it is first used. */
export class Variables {
  readonly #sources: VariableSources;
  readonly #scope: Scope;
  readonly #values = new Map<string, Value>();
  readonly #types = new Map<string, Type>();
  readonly #running = new Set<string>();

  constructor(sources: VariableSources, scope: Scope) {
    this.#sources = sources;
    this.#scope = scope;
  }

  /** The value of a variable; undefined if there is none. */
  get(name: string): Value | undefined {
    const known = this.#values.get(name);
    if (known !== undefined) return known;
    const builtIn = this.#sources.builtIn.get(name);
    if (builtIn !== undefined) return builtIn;
    const { blocks, attributes } = this.#sources;
    if (!blocks.has(name) && !attributes.has(name)) return undefined;
    const isAttribute = attributes.has(name);
    const place = isAttribute ? { type: "", label: "", attribute: name } : { type: "variable", label: name };
    if (this.#running.has(name))
      throw new CycleError(`Invalid expression; variable cycle not allowed for ${name}`, {
        ...place,
        attribute: isAttribute ? name : "default",
      });
    this.#running.add(name);
    const value = inPlace(place, () =>
      isAttribute ? this.#attribute(name, attributes.get(name)) : this.#declared(name, blocks.get(name)!),
    );
    this.#running.delete(name);
    this.#values.set(name, value);
    return value;
  }

  /** Evaluates and checks all variables of blocks. */
  all(): Variable[] {
    const { blocks } = this.#sources;
    const variables = [...blocks].map(([name, block]) => this.#describe(name, block));
    for (const [name, block] of blocks)
      inPlace({ type: "variable", label: name }, () => this.#validate(name, block));
    return variables.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** A variable of a block keeps its type when an attribute has its name. */
  #attribute(name: string, json: unknown): Value {
    const value = evaluateJson(json, this.#scope);
    const override = this.#sources.blocks.has(name) ? this.#sources.lookUp(name) : undefined;
    return override === undefined ? value : untyped(name, override, value);
  }

  #declared(name: string, block: Body): Value {
    const type = this.#typeOf(name, block);
    const hasDefault = block.default !== undefined;
    const override = this.#override(name, type !== undefined);
    const fallback = hasDefault
      ? this.#default(name, evaluateJson(block.default, this.#scope), type)
      : type !== undefined
        ? null
        : "";
    if (!override) return fallback;
    if (type === undefined) return hasDefault ? untyped(name, override.text, fallback) : override.text;
    return override.isJson ? fromJsonText(name, override.text, type) : typed(name, override.text, type);
  }

  #default(name: string, value: Value, type: Type | undefined): Value {
    try {
      return convert(value, type ?? "any");
    } catch (cause) {
      if (!(cause instanceof ConversionError)) throw cause;
      throw new HclError(
        "Invalid value",
        `invalid type ${nameOfType(type!)} for variable ${name} default value: ${cause.message}`,
      );
    }
  }

  #typeOf(name: string, block: Body): Type | undefined {
    if (block.type === undefined || block.type === null) return undefined;
    const known = this.#types.get(name);
    if (known) return known;
    const type = readType(this.#scope.expressions.typeOf(String(block.type)), this.#scope);
    this.#types.set(name, type);
    return type;
  }

  /** With a type, a value as JSON in <name>_JSON wins. */
  #override(name: string, favorsJson: boolean): { text: string; isJson: boolean } | undefined {
    const { lookUp, blocks, builtIn } = this.#sources;
    const plain = lookUp(name);
    const jsonName = `${name}_JSON`;
    if ((plain === undefined || favorsJson) && !blocks.has(jsonName) && !builtIn.has(jsonName)) {
      const json = lookUp(jsonName);
      if (json !== undefined) return { text: json, isJson: true };
    }
    return plain === undefined ? undefined : { text: plain, isJson: false };
  }

  #describe(name: string, block: Body): Variable {
    const value = this.get(name)!;
    const type = this.#types.get(name);
    const isText = value !== null && !(value instanceof Sequence || value instanceof Mapping);
    const shown = isText ? toText(value) : value === null ? undefined : toJson(value);
    return {
      name,
      description: String(block.description ?? ""),
      type: type ? nameOfType(type) : "",
      value: shown,
    };
  }

  #validate(name: string, block: Body): void {
    const rules = block.validation;
    for (const rule of Array.isArray(rules) ? rules : rules ? [rules] : []) {
      const { condition, error_message: message } = rule as Body;
      if (condition === undefined || message === undefined)
        throw new HclError(
          "Missing required argument",
          `The argument "${condition === undefined ? "condition" : "error_message"}" is required, but no definition was found.`,
        );
      const result = evaluateJson(condition, this.#scope);
      if (result === null)
        throw new HclError(
          "Invalid condition result",
          "Condition expression must return either true or false, not null.",
        );
      let holds: boolean;
      try {
        holds = toBool(result);
      } catch (cause) {
        throw new HclError(
          "Invalid condition result",
          `Invalid condition result value: ${(cause as Error).message}`,
        );
      }
      if (holds) continue;
      const text = evaluateJson(message, this.#scope);
      throw new HclError(
        "Validation failed",
        text === null
          ? "This check failed, but has an invalid error message."
          : `${toText(text)} (variable ${name})`,
      );
    }
  }
}

/** Runs work for a variable, whose errors are there and not where it is used. */
function inPlace<T>(place: Place, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof HclError) cause.notePlace(place);
    throw cause;
  }
}

/** A text as the type of the default that it replaces. */
function untyped(name: string, text: string, fallback: Value): Value {
  if (fallback === null || typeof fallback === "string") return text;
  if (typeof fallback === "boolean") return primitive(name, text, "bool");
  if (fallback instanceof HclNumber) return primitive(name, text, "number");
  const kind = fallback instanceof Sequence ? "tuple" : "object";
  throw new HclError("Invalid value", `unsupported type ${kind} for variable ${name}`);
}

function typed(name: string, text: string, type: Type): Value {
  if (type === "any") return text;
  if (typeof type === "string") return primitive(name, text, type);
  if (type.kind === "object")
    throw new HclError("Invalid value", `unsupported type object for variable ${name}`);
  const fields = csv(text);
  if (type.kind === "tuple") {
    if (fields.length !== type.elements.length) {
      throw new HclError(
        "Invalid value",
        `failed to convert variable ${name} from CSV: tuple expects ${type.elements.length} elements but only ${fields.length} provided`,
      );
    }
    return new Sequence(
      fields.map((field, index) => primitive(name, field, primitiveType(type.elements[index]!, type))),
    );
  }
  const element = primitiveType(type.element, type);
  if (type.kind === "map") {
    return new Mapping(
      fields.map((field) => {
        const [key, value, ...rest] = field.split(":");
        if (value === undefined || rest.length > 0)
          throw new HclError(
            "Invalid value",
            `failed to convert variable ${name} from CSV: expected one k/v pair but got ${field.split(":").length} pieces from ${field}`,
          );
        return [key!, primitive(name, value, element)];
      }),
      "map",
    );
  }
  const items = fields.map((field) => primitive(name, field, element));
  return type.kind === "set" ? setOf(items) : new Sequence(items, "list");
}

function primitiveType(type: Type, whole: Type): "string" | "number" | "bool" {
  if (type === "string" || type === "number" || type === "bool") return type;
  throw new HclError("Invalid value", `unsupported type ${nameOfType(whole)} for CSV specification`);
}

function primitive(name: string, text: string, type: "string" | "number" | "bool"): Value {
  if (type === "string") return text;
  if (type === "bool") {
    const read = readGoBool(text);
    if (read !== undefined) return read;
    throw new HclError(
      "Invalid value",
      `failed to parse ${name} as bool: strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`,
    );
  }
  const read = HclNumber.parse(text);
  if (read) return read;
  throw new HclError(
    "Invalid value",
    `failed to parse ${name} as number: strconv.ParseFloat: parsing ${JSON.stringify(text)}: invalid syntax`,
  );
}

function fromJsonText(name: string, text: string, type: Type): Value {
  try {
    return convert(fromJson(JSON.parse(text)), type);
  } catch (cause) {
    if (cause instanceof BakeError) throw cause;
    throw new HclError(
      "Invalid value",
      `failed to convert variable ${name} from JSON: ${(cause as Error).message}`,
    );
  }
}
