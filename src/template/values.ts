/*
 * The values of templates stand for Go's: a string, boolean or integer, `undefined` for a missing value, `null` for a
 * nil interface, an array for a slice, and the classes below.
 */
export type Value =
  | undefined
  | null
  | string
  | boolean
  | number
  | Float
  | NilPointer
  | GoMap
  | Struct
  | readonly Value[];

/** A method of a struct. */
export type Method = (...args: Value[]) => Value;

/** A number of type float64, also when it is whole. */
export class Float {
  constructor(readonly number: number) {}
}

/** A nil pointer; the type is for messages. */
export class NilPointer {
  constructor(readonly type: string) {}
}

/** A map with strings as keys. */
export class GoMap {
  readonly entries: ReadonlyMap<string, Value>;

  /** @param missing what `index` returns for a key that is missing: the zero value of the elements. */
  constructor(
    entries: Iterable<readonly [string, Value]>,
    readonly missing: Value = undefined,
    readonly type = "map[string]interface {}",
  ) {
    this.entries = new Map([...entries].sort(([a], [b]) => compareText(a, b)));
  }

  /** A map of texts. */
  static ofTexts(texts: Record<string, string>): GoMap {
    return new GoMap(Object.entries(texts), "", "map[string]string");
  }
}

/** A slice that is nil: it is empty, and null in JSON. */
export const nilSlice: readonly Value[] = Object.freeze([]);

/** How a struct differs from a plain one. */
export interface StructOptions {
  /** Tags of its fields, as in Go: `name`, `name,omitempty` or `-`. Default: the field's name. */
  tags?: Readonly<Record<string, string>>;
  /** Its JSON, instead of that of its fields. */
  json?: () => string;
  /** Its text, instead of that of its fields. */
  text?: string;
  /** The basic value of a named type, such as a duration: what comparisons and integers in `printf` use. */
  basic?: string | number;
}

/** A struct: its fields, and its methods, which are functions. */
export class Struct {
  constructor(
    readonly type: string,
    readonly members: Readonly<Record<string, Value | Method>>,
    readonly options: StructOptions = {},
  ) {}

  /** Its fields without the methods. */
  fields(): [name: string, value: Value][] {
    return Object.entries(this.members).filter(
      (entry): entry is [string, Value] => typeof entry[1] !== "function",
    );
  }
}

/** The value of parsed JSON: objects are maps, and numbers float64. */
export function fromJson(json: unknown): Value {
  if (typeof json === "number") return new Float(json);
  if (Array.isArray(json)) return json.map(fromJson);
  if (typeof json === "object" && json !== null)
    return new GoMap(Object.entries(json).map(([key, value]) => [key, fromJson(value)]));
  return json as string | boolean | null;
}

/** The basic value of a named type, or the value itself. */
export function basic(value: Value): Value {
  return value instanceof Struct ? (value.options.basic ?? value) : value;
}

export function isSlice(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

/** Whether a condition holds: false, 0, nil and what is empty do not. */
export function isTrue(given: Value): boolean {
  const value = basic(given);
  if (isSlice(value)) return value.length > 0;
  if (value instanceof GoMap) return value.entries.size > 0;
  if (value instanceof Float) return value.number !== 0;
  return value instanceof Struct || (!(value instanceof NilPointer) && Boolean(value));
}

/** Name of a value's type in messages. */
export function typeName(value: Value): string {
  if (value === undefined || value === null) return "nil";
  if (value instanceof Float) return "float64";
  if (value instanceof GoMap || value instanceof Struct || value instanceof NilPointer) return value.type;
  if (isSlice(value)) {
    const [first = "interface {}", ...others] = new Set(value.map(typeName));
    return `[]${others.length > 0 ? "interface {}" : first}`;
  }
  return typeof value === "number" ? "int" : typeof value === "boolean" ? "bool" : "string";
}

/** Order of texts by their UTF-8 bytes, as Go's. */
export function compareText(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
