import { equalsAny, isLess } from "./compare.js";
import { format } from "./format.js";
import { printValue, printValues } from "./print-value.js";
import { TemplateError } from "./template-error.js";
import { basic, GoMap, isSlice, isTrue, NilPointer, typeName, type Value } from "./values.js";

/** A function of templates. */
export interface TemplateFunction {
  parameters: readonly ("text" | "integer" | "any")[];
  /** It accepts any number of further arguments. */
  isVariadic?: boolean;
  // biome-ignore lint/suspicious/noExplicitAny: the evaluator checks arguments against the parameters
  call(...args: any[]): Value;
}

const both = ["any", "any"] as const;
const escaping = (escaped: (text: string) => string): TemplateFunction => ({
  parameters: [],
  isVariadic: true,
  call: (...values: Value[]) => escaped(printValues(values.map((value) => value ?? "<no value>"))),
});

/** The functions of Go's text/template but `call`; `and` and `or` evaluate their own arguments. */
export const builtinFunctions: Readonly<Record<string, TemplateFunction>> = {
  and: { parameters: ["any"], isVariadic: true, call: () => undefined },
  or: { parameters: ["any"], isVariadic: true, call: () => undefined },
  not: { parameters: ["any"], call: (value: Value) => !isTrue(value) },
  eq: {
    parameters: ["any"],
    isVariadic: true,
    call: (first: Value, ...others: Value[]) => equalsAny(first, others),
  },
  ne: { parameters: both, call: (a: Value, b: Value) => !equalsAny(a, [b]) },
  lt: { parameters: both, call: isLess },
  le: { parameters: both, call: isAtMost },
  gt: { parameters: both, call: (a: Value, b: Value) => !isAtMost(a, b) },
  ge: { parameters: both, call: (a: Value, b: Value) => !isLess(a, b) },
  len: { parameters: ["any"], call: length },
  index: {
    parameters: ["any"],
    isVariadic: true,
    call: (value: Value, ...keys: Value[]) => index(value, keys),
  },
  slice: {
    parameters: ["any"],
    isVariadic: true,
    call: (value: Value, ...bounds: Value[]) => slice(value, bounds),
  },
  print: { parameters: [], isVariadic: true, call: (...values: Value[]) => printValues(values) },
  println: {
    parameters: [],
    isVariadic: true,
    call: (...values: Value[]) => `${values.map(printValue).join(" ")}\n`,
  },
  printf: {
    parameters: ["text"],
    isVariadic: true,
    call: (text: string, ...values: Value[]) => format(text, values),
  },
  html: escaping((text) => text.replace(/[\0"'&<>]/g, (char) => htmlEscapes[char]!)),
  js: escaping((text) =>
    text.replace(/[\\'"<>&=]|\p{Cc}/gu, (char) => jsEscapes[char] ?? `\\u${hex(char.codePointAt(0)!)}`),
  ),
  urlquery: escaping((text) =>
    encodeURIComponent(Buffer.from(text).toString())
      .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
      .replaceAll("%20", "+"),
  ),
};

const htmlEscapes: Record<string, string> = {
  "\0": "\ufffd",
  '"': "&#34;",
  "'": "&#39;",
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
};

const jsEscapes: Record<string, string> = {
  "\\": "\\\\",
  "'": "\\'",
  '"': '\\"',
  "<": "\\u003C",
  ">": "\\u003E",
  "&": "\\u0026",
  "=": "\\u003D",
};

function hex(code: number): string {
  return code.toString(16).toUpperCase().padStart(4, "0");
}

function isAtMost(a: Value, b: Value): boolean {
  return isLess(a, b) || equalsAny(a, [b]);
}

function length(given: Value): number {
  const value = basic(given);
  if (typeof value === "string") return Buffer.byteLength(value);
  if (isSlice(value)) return value.length;
  if (value instanceof GoMap) return value.entries.size;
  if (value instanceof NilPointer) throw new TemplateError("len of nil pointer");
  throw new TemplateError(`len of type ${typeName(value)}`);
}

function index(value: Value, keys: readonly Value[]): Value {
  if (value === undefined || value === null) throw new TemplateError("index of untyped nil");
  return keys.reduce(indexOne, value);
}

function indexOne(given: Value, key: Value): Value {
  const value = basic(given);
  if (value instanceof GoMap) {
    if (typeof key !== "string") throw new TemplateError(`value has type ${typeName(key)}; should be string`);
    return value.entries.has(key) ? value.entries.get(key) : value.missing;
  }
  if (value instanceof NilPointer) throw new TemplateError("index of nil pointer");
  const items = typeof value === "string" ? Buffer.from(value) : value;
  if (!isSlice(items as Value) && !Buffer.isBuffer(items))
    throw new TemplateError(`can't index item of type ${typeName(value)}`);
  const list = items as ArrayLike<Value>;
  const at = position(key, list.length);
  if (at === list.length) throw new TemplateError(`index out of range: ${at}`);
  return list[at];
}

function slice(given: Value, bounds: readonly Value[]): Value {
  const value = basic(given);
  if (value === undefined || value === null) throw new TemplateError("slice of untyped nil");
  if (bounds.length > 3) throw new TemplateError(`too many slice indexes: ${bounds.length}`);
  const bytes = typeof value === "string" ? Buffer.from(value) : undefined;
  if (bytes && bounds.length === 3) throw new TemplateError("cannot 3-index slice a string");
  if (!bytes && !isSlice(value)) throw new TemplateError(`can't slice item of type ${typeName(value)}`);
  const all = (bytes ?? value) as { length: number };
  const [from = 0, to = all.length, limit = all.length] = bounds.map((bound) => position(bound, all.length));
  if (from > to) throw new TemplateError(`invalid slice index: ${from} > ${to}`);
  if (to > limit) throw new TemplateError(`invalid slice index: ${to} > ${limit}`);
  return bytes ? bytes.subarray(from, to).toString() : (value as readonly Value[]).slice(from, to);
}

function position(given: Value, end: number): number {
  const value = basic(given);
  if (typeof value !== "number")
    throw new TemplateError(`cannot index slice/array with type ${typeName(value)}`);
  if (value < 0 || value > end) throw new TemplateError(`index out of range: ${value}`);
  return value;
}
