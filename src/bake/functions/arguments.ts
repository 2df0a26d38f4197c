import { ConversionError, convert, type Type, toBool, toNumber, toText } from "../hcl/convert.js";
import type { Call, HclFunction } from "../hcl/evaluate.js";
import { HclNumber } from "../hcl/number.js";
import { Mapping, Sequence, type Value } from "../hcl/value.js";

/** Thrown for an argument that a function does not take. */
export class ArgumentError extends ConversionError {}

/** A function with fixed arguments, converted by `types`; the last one can repeat. */
export function fn(
  types: readonly (Type | "dynamic")[],
  apply: (...args: Value[]) => Value,
  options: { rest?: Type | "dynamic"; nullable?: boolean } = {},
): HclFunction {
  const { rest, nullable = false } = options;
  return ({ args }: Call) => {
    if (args.length < types.length || (!rest && args.length > types.length)) {
      const word = args.length < types.length ? "Not enough" : "Too many";
      throw new ArgumentError(`${word} function arguments: ${types.length} expected, ${args.length} given`);
    }
    const converted = args.map((value, index) => {
      const type = types[index] ?? rest!;
      if (value === null && !nullable) throw new ArgumentError("argument must not be null");
      return type === "dynamic" ? value : convert(value, type);
    });
    return apply(...converted);
  };
}

/** A text argument. */
export const text = (value: Value | undefined): string => toText(value ?? null);
/** A number argument. */
export const number = (value: Value | undefined): HclNumber => toNumber(value ?? null);
/** A truth value argument. */
export const bool = (value: Value | undefined): boolean => toBool(value ?? null);

/** An integer argument that JavaScript can hold. */
export function integer(value: Value | undefined): number {
  const read = number(value);
  if (!read.isInteger) throw new ArgumentError("a whole number is required");
  return Number(read.numerator);
}

/** A result. */
export const numberOf = (value: number): HclNumber => HclNumber.from(value);

/** The items of a list, tuple or set. */
export function items(value: Value | undefined, what = "list or tuple"): readonly Value[] {
  if (value instanceof Sequence) return value.items;
  throw new ArgumentError(`argument must be a ${what}`);
}

/** The entries of a map or an object. */
export function entries(value: Value | undefined): ReadonlyMap<string, Value> {
  if (value instanceof Mapping) return value.entries;
  throw new ArgumentError("must be a map or an object");
}

/** A list of texts. */
export const texts = (values: readonly string[]): Sequence => new Sequence(values, "list");

/** Splits a text into what people see as characters. */
export function graphemes(value: string): string[] {
  return [...new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(value)].map(
    ({ segment }) => segment,
  );
}
