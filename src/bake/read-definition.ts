import { CycleError } from "./bake-error.js";
import { attributeValue, decodeAttribute, isTargetAttribute, texts } from "./decode-target.js";
import { type Definition, requireName, type Variable, type Warning } from "./definition.js";
import { standardFunctions } from "./functions/standard.js";
import { toText } from "./hcl/convert.js";
import { evaluateJson, functionsIn, type HclFunction, type Scope, withVariables } from "./hcl/evaluate.js";
import { Expressions, expressionIn, isTemplate } from "./hcl/expressions.js";
import { HclError, type Place } from "./hcl/hcl-error.js";
import { type Body, blockTypes, labelled } from "./hcl/parse-file.js";
import { Mapping, Sequence, type Value } from "./hcl/value.js";
import { type ParsedFile, Positions } from "./positions.js";
import { type Group, mergeTargets, type Target } from "./target.js";
import { Variables } from "./variables.js";

/** What the caller gives beside the files. */
export interface DefinitionOptions {
  readonly builtIn: ReadonlyMap<string, string>;
  /** The value of a variable that the caller gives. */
  lookUp(name: string): string | undefined;
  /** For `homedir()`. */
  readonly homeDir: string;
}

/** What files define. */
export interface ReadDefinition {
  /** Where errors of the definition are. */
  readonly positions: Positions;
  readonly definition: Definition;
  /** By name. */
  readonly variables: readonly Variable[];
  /** What is ignored. */
  readonly warnings: readonly Warning[];
}

/** A block with its label. */
interface Block {
  readonly file: string;
  readonly type: "target" | "group";
  readonly label: string;
  readonly body: Body;
}

/** A block once for each combination of its matrix. */
interface Instance {
  readonly name: string;
  readonly block: Block;
  readonly scope: Scope;
}

/** Reads files in HCL and JSON. Throws a {@link BakeError} that names file and block. */
export async function readDefinition(
  files: readonly ParsedFile[],
  options: DefinitionOptions,
): Promise<ReadDefinition> {
  const expressions = new Expressions();
  const positions = new Positions(files);
  for (const { name: file, body } of files) {
    await expressions.add(body).catch((cause) => {
      throw positions.located(cause, { file, type: "", label: "" });
    });
    for (const [label, block] of labelled(body.variable, file)) {
      if (typeof block.type === "string")
        await expressions.addType(block.type).catch((cause) => {
          throw positions.located(cause, { file, type: "variable", label, attribute: "type" });
        });
    }
  }
  return new Reader(files, expressions, positions, options).read();
}

class Reader {
  readonly #blocks: Block[] = [];
  readonly #instances = new Map<Block, Instance[]>();
  readonly #functions = new Map<string, Body>();
  readonly #checkedFunctions = new Map<string, HclFunction>();
  readonly #standard: ReadonlyMap<string, HclFunction>;
  readonly #variables: Variables;
  readonly #attributes = new Map<string, unknown>();
  readonly #positions: Positions;
  readonly #running = new Set<string>();
  readonly #decoded = new Map<Instance, Map<string, unknown>>();
  readonly #warnings: Warning[] = [];
  readonly #scope: Scope;

  constructor(
    files: readonly ParsedFile[],
    expressions: Expressions,
    positions: Positions,
    options: DefinitionOptions,
  ) {
    this.#positions = positions;
    const variables = new Map<string, Body>();
    for (const { name: file, body } of files) {
      for (const [name, block] of labelled(body.variable, file)) {
        if (options.builtIn.has(name)) continue;
        variables.set(name, block);
      }
      for (const [name, block] of labelled(body.function, file)) this.#functions.set(name, block);
      for (const type of ["group", "target"] as const) {
        for (const [label, block] of labelled(body[type], file))
          this.#blocks.push({ file, type, label, body: block });
      }
      for (const [name, value] of Object.entries(body)) {
        if (blockTypes.includes(name) || name === "//" || options.builtIn.has(name)) continue;
        this.#attributes.set(name, value);
      }
    }
    this.#scope = {
      expressions,
      variable: (name, path) => this.#variable(name, path),
      call: (name) => this.#function(name),
    };
    this.#standard = standardFunctions(() => this.#scope, options.homeDir);
    const { builtIn, lookUp } = options;
    const sources = { blocks: variables, attributes: this.#attributes, builtIn, lookUp };
    this.#variables = new Variables(sources, this.#scope);
  }

  read(): ReadDefinition {
    const variables = this.#in({ type: "", label: "" }, () => this.#variables.all());
    for (const name of this.#functions.keys())
      this.#in({ type: "function", label: name }, () => this.#function(name));
    const renamed = new Map<string, string[]>();
    for (const block of this.#blocks) {
      const names = this.#expand(block).map(({ name }) => name);
      renamed.set(block.label, [...(renamed.get(block.label) ?? []), ...names]);
    }
    const targets = new Map<string, Target>();
    const groups = new Map<string, Group>();
    for (const instance of this.#blocks.flatMap((block) => this.#expand(block))) {
      const { name, block } = instance;
      if (block.type === "group") groups.set(name, this.#group(instance));
      else {
        const known = targets.get(name);
        const target = this.#target(instance);
        targets.set(name, known ? mergeTargets(known, target) : target);
      }
    }
    for (const [label, names] of renamed) {
      const unique = [...new Set(names)];
      const isPlain = unique.length === 1 && unique[0] === label;
      if (!isPlain && !groups.has(label)) groups.set(label, { name: label, targets: unique });
    }
    for (const [name, value] of this.#attributes) {
      // What looks like a block that bake does not know is none of its business, as in buildx.
      if (typeof value !== "object" || Array.isArray(value))
        this.#in({ type: "", label: "", attribute: name }, () => this.#variables.get(name));
    }
    const definition = { targets, groups: [...groups.values()] };
    return { definition, variables, warnings: this.#warnings, positions: this.#positions };
  }

  #variable(name: string, path: readonly string[]): Value | undefined {
    if (name !== "target" && name !== "group") return this.#variables.get(name);
    const [label, attribute] = path;
    if (label === undefined) throw new HclError("Invalid expression", `cannot access ${name} as a variable`);
    const instances = this.#blocks
      .filter(({ type }) => type === name)
      .flatMap((block) => this.#expand(block))
      .filter((instance) => instance.name === label);
    const last = instances.at(-1);
    if (!last) return new Mapping([], "map");
    const names = attribute === undefined ? Object.keys(last.block.body) : [attribute];
    const known = names.filter((each) => (name === "target" ? isTargetAttribute(each) : each === "targets"));
    const entries = known.map((each): [string, Value] => [each, attributeValue(this.#attribute(last, each))]);
    return new Mapping([[label, new Mapping([...entries, ["name", label]])]]);
  }

  #function(name: string): HclFunction | undefined {
    const standard = this.#standard.get(name);
    if (standard) return standard;
    const checked = this.#checkedFunctions.get(name);
    if (checked) return checked;
    const block = this.#functions.get(name);
    if (!block) return undefined;
    const key = `function ${name}`;
    if (this.#running.has(key))
      throw new CycleError(`Invalid function; function cycle not allowed for ${name}`);
    this.#running.add(key);
    if (block.result === undefined)
      throw new HclError("Invalid function", `empty result not allowed for ${name}`);
    if (block.params === undefined)
      throw new HclError("Invalid function", `empty params not allowed for ${name}`);
    if (typeof block.result === "string" && isTemplate(block.result)) {
      for (const part of this.#scope.expressions.partsOf(block.result))
        for (const called of functionsIn(part))
          if (!this.#function(called))
            throw new HclError("Invalid function", `function ${JSON.stringify(called)} does not exist`);
    }
    const params = (block.params as unknown[]).map((param) => parameter(param));
    const rest = block.variadic_params === undefined ? undefined : parameter(block.variadic_params);
    const apply: HclFunction = ({ args }) => {
      if (args.length < params.length || (!rest && args.length > params.length)) {
        const word = args.length < params.length ? "Not enough" : "Too many";
        throw new HclError(
          `${word} function arguments`,
          `Function ${JSON.stringify(name)} expects ${params.length} argument(s).`,
        );
      }
      const variables = new Map(params.map((param, index) => [param, args[index]!]));
      if (rest) variables.set(rest, new Sequence(args.slice(params.length)));
      return evaluateJson(block.result, withVariables(this.#scope, variables));
    };
    this.#running.delete(key);
    this.#checkedFunctions.set(name, apply);
    return apply;
  }

  /** The instances of a block: one, or one for each combination of its matrix. */
  #expand(block: Block): Instance[] {
    const known = this.#instances.get(block);
    if (known) return known;
    const instances = this.#in(placeOf(block), () => this.#instancesOf(block));
    this.#instances.set(block, instances);
    return instances;
  }

  #instancesOf(block: Block): Instance[] {
    const { type, label, body } = block;
    if (type === "group") {
      for (const name of ["matrix", "name"])
        if (body[name] !== undefined)
          throw new HclError("Invalid name", `${name} is not supported for groups`);
    }
    if (body.name !== undefined && body.matrix === undefined)
      throw new HclError("Invalid name", "name requires matrix");
    if (body.matrix !== undefined && body.name === undefined)
      throw new HclError("Invalid name", "a target with a matrix needs the attribute name");
    this.#requireName(label);
    const scopes = body.matrix === undefined ? [this.#scope] : this.#combinations(body.matrix);
    const instances = scopes.map((scope) => {
      const name = body.name === undefined ? label : textOf(evaluateJson(body.name, scope));
      this.#requireName(name);
      return { name, block, scope };
    });
    const names = instances.map(({ name }) => name);
    const twice = names.find((name, index) => names.indexOf(name) < index);
    if (twice !== undefined) throw new HclError("Invalid name", `duplicate name ${JSON.stringify(twice)}`);
    return instances;
  }

  #requireName(name: string): void {
    try {
      requireName(name);
    } catch (cause) {
      throw new HclError("Invalid name", (cause as Error).message);
    }
  }

  #combinations(json: unknown): Scope[] {
    const matrix = evaluateJson(json, this.#scope);
    if (!(matrix instanceof Mapping)) throw new HclError("Invalid name", "matrix must be a map");
    let combinations: Map<string, Value>[] = [new Map()];
    for (const [name, values] of matrix.entries) {
      if (!(values instanceof Sequence)) throw new HclError("Invalid name", "matrix values must be a list");
      combinations = values.items.flatMap((value) =>
        combinations.map((each) => new Map([...each, [name, value]])),
      );
    }
    return combinations.map((variables) => withVariables(this.#scope, variables));
  }

  #group(instance: Instance): Group {
    const { name, block } = instance;
    return this.#in(placeOf(block), () => {
      for (const attribute of Object.keys(block.body)) {
        if (!["description", "targets", "//"].includes(attribute)) this.#ignored(block, attribute);
      }
      if (block.body.targets === undefined)
        throw new HclError(
          "Missing required argument",
          'The argument "targets" is required, but no definition was found.',
        );
      const targets = this.#attribute(instance, "targets") as string[] | undefined;
      const description = block.body.description;
      const text = description === undefined ? "" : textOf(evaluateJson(description, instance.scope));
      return { name, targets: targets ?? [], ...(text ? { description: text } : {}) };
    });
  }

  #target(instance: Instance): Target {
    const { body } = instance.block;
    const target: Record<string, unknown> = {};
    for (const attribute of Object.keys(body)) {
      if (["name", "matrix", "//"].includes(attribute)) continue;
      if (!isTargetAttribute(attribute)) {
        this.#ignored(instance.block, attribute);
        continue;
      }
      const value = this.#attribute(instance, attribute);
      if (value !== undefined) target[attribute] = value;
    }
    return target as Target;
  }

  /** The decoded attribute of a block; undefined for null. */
  #attribute(instance: Instance, attribute: string): unknown {
    const known = this.#decoded.get(instance) ?? new Map<string, unknown>();
    this.#decoded.set(instance, known);
    if (known.has(attribute)) return known.get(attribute);
    const { block, name, scope } = instance;
    const json = block.body[attribute];
    if (json === undefined) return undefined;
    const key = `${block.type}.${name}.${attribute}`;
    if (this.#running.has(key))
      throw new CycleError(`Invalid expression; reference cycle not allowed for ${key}`);
    this.#running.add(key);
    const decoded = this.#in({ ...placeOf(block), attribute }, () => {
      const value = evaluateJson(json, scope);
      return block.type === "target" ? decodeAttribute(attribute as keyof Target, value) : texts(value);
    });
    this.#running.delete(key);
    known.set(attribute, decoded);
    return decoded;
  }

  /** As buildx does, an attribute that bake does not know is ignored. */
  #ignored(block: Block, attribute: string): void {
    const message = `${describe(block)} has an attribute ${JSON.stringify(attribute)}, which is not known and is ignored.`;
    if (this.#warnings.some((known) => known.message === message)) return;
    this.#warnings.push({ reason: "BAKE_ATTRIBUTE_UNKNOWN", message });
  }

  /** Runs a step, and says in its errors where they are. */
  #in<T>(place: Place, work: () => T): T {
    try {
      return work();
    } catch (cause) {
      throw this.#positions.located(cause, place);
    }
  }
}

function placeOf({ file, type, label }: Block): Place {
  return { file, type, label };
}

function describe({ file, type, label }: Block): string {
  return `${file}: ${type} ${JSON.stringify(label)}`;
}

function parameter(json: unknown): string {
  const name = typeof json === "string" ? expressionIn(json) : "";
  if (!/^[\p{ID_Start}_][\p{ID_Continue}-]*$/u.test(name))
    throw new HclError("Invalid param element", "Each parameter name must be an identifier.");
  return name;
}

function textOf(value: Value): string {
  try {
    return toText(value);
  } catch (cause) {
    throw new HclError("Unsuitable value type", `Unsuitable value: ${(cause as Error).message}`);
  }
}
