import { TemplateError } from "./template-error.js";
import { basic, compareText, Float, isSlice, NilPointer, nilSlice, typeName, type Value } from "./values.js";

/** Whether the first equals one of the others: `eq`. */
export function equalsAny(first: Value, others: readonly Value[]): boolean {
  if (others.length === 0) throw new TemplateError("missing argument for comparison");
  return others.some((other) => equals(basic(first), basic(other)));
}

function equals(a: Value, b: Value): boolean {
  const kind = kindOf(a);
  if (kind !== kindOf(b)) {
    if (isMissing(a) || isMissing(b)) return false;
    throw new TemplateError(`incompatible types for comparison: ${typeName(a)} and ${typeName(b)}`);
  }
  if (a instanceof Float) return a.number === (b as Float).number;
  if (kind !== "other") return a === b;
  if (isNil(a) || isNil(b)) return isNil(a) === isNil(b);
  throw new TemplateError(`non-comparable type ${typeName(a)}`);
}

/** Whether a is less than b: `lt`. */
export function isLess(givenA: Value, givenB: Value): boolean {
  const [a, b] = [basic(givenA), basic(givenB)];
  const kind = kindOf(a);
  if (kind === "other" || kindOf(b) === "other" || (kind === "boolean" && kindOf(b) === kind))
    throw new TemplateError("invalid type for comparison");
  if (kind !== kindOf(b))
    throw new TemplateError(`incompatible types for comparison: ${typeName(a)} and ${typeName(b)}`);
  if (typeof a === "string") return compareText(a, b as string) < 0;
  return a instanceof Float ? a.number < (b as Float).number : (a as number) < (b as number);
}

function kindOf(value: Value): "string" | "number" | "boolean" | "float" | "other" {
  if (value instanceof Float) return "float";
  const kind = typeof value;
  return kind === "string" || kind === "number" || kind === "boolean" ? kind : "other";
}

function isMissing(value: Value): boolean {
  return value === undefined || value === null;
}

function isNil(value: Value): boolean {
  return isMissing(value) || value instanceof NilPointer || (isSlice(value) && value === nilSlice);
}
