import { HclError } from "./hcl-error.js";
import { HclNumber } from "./number.js";
import { Mapping, Sequence, setOf, typeName, type Value } from "./value.js";

/** A type constraint. */
export type Type =
  | "any"
  | "string"
  | "number"
  | "bool"
  | { readonly kind: "list" | "set" | "map"; readonly element: Type }
  | { readonly kind: "tuple"; readonly elements: readonly Type[] }
  | { readonly kind: "object"; readonly attributes: ReadonlyMap<string, ObjectAttribute> };

/** An attribute of an object type. */
export interface ObjectAttribute {
  readonly type: Type;
  readonly isOptional: boolean;
  /** Its value where it is missing; undefined means null. */
  readonly fallback?: Value;
}

/** Thrown when a value has no counterpart in the type; its message is a clause, as "string required". */
export class ConversionError extends Error {}

/** Converts a value to a type as HCL does. Throws a {@link ConversionError}. */
export function convert(value: Value, type: Type): Value {
  if (type === "any" || value === null) return value;
  if (type === "string") return toText(value);
  if (type === "number") return toNumber(value);
  if (type === "bool") return toBool(value);
  if (type.kind === "tuple") {
    if (!(value instanceof Sequence) || value.kind === "set") throw new ConversionError("tuple required");
    if (value.items.length !== type.elements.length)
      throw new ConversionError(`tuple of ${type.elements.length} elements is required`);
    return new Sequence(value.items.map((item, index) => convert(item, type.elements[index]!)));
  }
  if (type.kind === "object") return toObject(value, type.attributes);
  if (type.kind === "map") {
    if (!(value instanceof Mapping))
      throw new ConversionError(`map of ${nameOfType(type.element)} required, but have ${typeName(value)}`);
    return new Mapping(
      [...value.entries].map(([key, each]) => [key, inElement(key, () => convert(each, type.element))]),
      "map",
    );
  }
  if (!(value instanceof Sequence)) {
    throw new ConversionError(
      `${type.kind} of ${nameOfType(type.element)} required, but have ${typeName(value)}`,
    );
  }
  const items = value.items.map((item, index) => inElement(index, () => convert(item, type.element)));
  return type.kind === "set" ? setOf(items) : new Sequence(items, "list");
}

function toObject(value: Value, attributes: ReadonlyMap<string, ObjectAttribute>): Mapping {
  if (!(value instanceof Mapping)) throw new ConversionError(`object required, but have ${typeName(value)}`);
  const missing = [...attributes].filter(([name, { isOptional }]) => !isOptional && !value.entries.has(name));
  if (missing.length > 0) {
    const names = missing.map(([name]) => JSON.stringify(name)).join(", ");
    throw new ConversionError(
      missing.length > 1 ? `attributes ${names} are required` : `attribute ${names} is required`,
    );
  }
  return new Mapping(
    [...attributes].map(([name, { type, fallback }]) => {
      const given = value.entries.get(name) ?? null;
      return [name, inElement(name, () => convert(given ?? fallback ?? null, type))];
    }),
  );
}

function inElement<T>(key: string | number, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (!(cause instanceof ConversionError)) throw cause;
    throw new ConversionError(`element ${JSON.stringify(key)}: ${cause.message}`);
  }
}

/** Converts to text. */
export function toText(value: Value): string {
  if (typeof value === "string") return value;
  if (value instanceof HclNumber || typeof value === "boolean") return String(value);
  throw new ConversionError(`string required, but have ${typeName(value)}`);
}

/** Converts to a number. */
export function toNumber(value: Value): HclNumber {
  if (value instanceof HclNumber) return value;
  const number = typeof value === "string" ? HclNumber.parse(value) : undefined;
  if (!number)
    throw new ConversionError(
      typeof value === "string" ? "a number is required" : `number required, but have ${typeName(value)}`,
    );
  return number;
}

/** Converts to a truth value. */
export function toBool(value: Value): boolean {
  if (typeof value === "boolean") return value;
  if (value === "true" || value === "1") return true;
  if (value === "false" || value === "0") return false;
  throw new ConversionError(
    typeof value === "string" ? "a bool is required" : `bool required, but have ${typeName(value)}`,
  );
}

/** Name of a type in messages. */
export function nameOfType(type: Type): string {
  if (type === "any") return "dynamic";
  if (typeof type === "string") return type;
  if (type.kind === "tuple" || type.kind === "object") return type.kind;
  return `${type.kind} of ${nameOfType(type.element)}`;
}

/**
 * Gives two values a common type, as HCL does with the results of a conditional: texts win over numbers and truth
 * values. Throws when there is none.
 */
export function unify(a: Value, b: Value): [Value, Value] {
  if (a === null || b === null || typeName(a) === typeName(b)) return [a, b];
  const isPrimitive = (value: Value) => !(value instanceof Sequence || value instanceof Mapping);
  if (isPrimitive(a) && isPrimitive(b) && (typeof a === "string" || typeof b === "string"))
    return [toText(a), toText(b)];
  if (a instanceof Sequence && b instanceof Sequence) {
    const kind = a.kind === "set" || b.kind === "set" ? "set" : "list";
    return [new Sequence(a.items, kind), new Sequence(b.items, kind)];
  }
  if (a instanceof Mapping && b instanceof Mapping)
    return [new Mapping(a.entries, "map"), new Mapping(b.entries, "map")];
  throw new HclError(
    "Inconsistent conditional result types",
    `The true and false result expressions must have consistent types. The 'true' value is ${typeName(a)}, but the 'false' value is ${typeName(b)}.`,
  );
}
