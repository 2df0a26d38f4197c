import { escapeAsGo } from "../../util/go-json.js";
import { HclNumber } from "./number.js";

/** A value of HCL. Immutable. */
export type Value = null | boolean | string | HclNumber | Sequence | Mapping;

/** A tuple, a list or a set. */
export class Sequence {
  constructor(
    readonly items: readonly Value[],
    readonly kind: "tuple" | "list" | "set" = "tuple",
  ) {}
}

/** An object or a map. Its entries are in the order of their keys, as HCL iterates. */
export class Mapping {
  readonly entries: ReadonlyMap<string, Value>;

  constructor(
    entries: Iterable<readonly [string, Value]>,
    readonly kind: "object" | "map" = "object",
  ) {
    this.entries = new Map([...new Map(entries)].sort(([a], [b]) => compareText(a, b)));
  }
}

/** A set of values: without duplicates, and for texts and numbers in order. */
export function setOf(items: readonly Value[]): Sequence {
  const unique = items.filter((item, index) => items.findIndex((other) => isEqual(item, other)) === index);
  return new Sequence(unique.sort(compareMembers), "set");
}

function compareMembers(a: Value, b: Value): number {
  if (typeof a === "string" && typeof b === "string") return compareText(a, b);
  if (a instanceof HclNumber && b instanceof HclNumber) return a.compare(b);
  if (typeof a === "boolean" && typeof b === "boolean") return Number(a) - Number(b);
  return 0;
}

/** Compares as Go does: by bytes of UTF-8, which is the order of code points. */
export function compareText(a: string, b: string): number {
  return a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** Whether two values are the same. Values of different types are not. */
export function isEqual(a: Value, b: Value): boolean {
  if (a instanceof HclNumber) return b instanceof HclNumber && a.compare(b) === 0;
  if (a instanceof Sequence) {
    if (!(b instanceof Sequence) || a.kind !== b.kind || a.items.length !== b.items.length) return false;
    return a.items.every((item, index) => isEqual(item, b.items[index]!));
  }
  if (a instanceof Mapping) {
    if (!(b instanceof Mapping) || a.kind !== b.kind || a.entries.size !== b.entries.size) return false;
    return [...a.entries].every(([key, value]) => b.entries.has(key) && isEqual(value, b.entries.get(key)!));
  }
  return a === b;
}

/** Name of a value's type in messages. */
export function typeName(value: Value): string {
  if (value === null) return "dynamic";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "string") return "string";
  if (value instanceof HclNumber) return "number";
  if (value instanceof Mapping) return value.kind;
  return value.kind;
}

/** Converts parsed JSON. */
export function fromJson(json: unknown): Value {
  if (json === null || json === undefined) return null;
  if (typeof json === "boolean") return json;
  if (typeof json === "string") return json.normalize("NFC");
  if (typeof json === "number") return HclNumber.from(json);
  if (Array.isArray(json)) return new Sequence(json.map(fromJson));
  return new Mapping(Object.entries(json).map(([key, value]) => [key, fromJson(value)]));
}

/** Formats as Go's JSON encoder does: without spaces, and with <, > and & escaped. */
export function toJson(value: Value): string {
  if (value instanceof HclNumber) return value.toString();
  if (value instanceof Sequence) return `[${value.items.map(toJson).join(",")}]`;
  if (value instanceof Mapping) {
    const entries = [...value.entries].map(([key, each]) => `${goString(key)}:${toJson(each)}`);
    return `{${entries.join(",")}}`;
  }
  return typeof value === "string" ? goString(value) : JSON.stringify(value);
}

/** A JSON string as Go writes it. */
export function goString(text: string): string {
  return escapeAsGo(JSON.stringify(text));
}
