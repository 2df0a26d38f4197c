import { HclNumber } from "../hcl/number.js";
import { goString, Mapping, Sequence, toJson, type Value } from "../hcl/value.js";
import { ArgumentError, number, text } from "./arguments.js";

/** One verb: flags, width, precision, number of the argument, letter. */
const verbs = /%(?:%|([+#0 -]*)(\d*)(?:\.(\d*))?(?:\[(\d+)\])?([a-zA-Z]))/g;

/** Formats as go-cty's `format` does, with the verbs of Go's Printf. */
export function format(pattern: string, args: readonly Value[]): string {
  let next = 0;
  let highest = 0;
  const result = pattern.replace(verbs, (whole, flags: string, width, precision, position, verb: string) => {
    if (whole === "%%") return "%";
    const index = position ? Number(position) - 1 : next;
    next = index + 1;
    highest = Math.max(highest, next);
    if (index >= args.length)
      throw new ArgumentError(
        `not enough arguments for ${JSON.stringify(whole)} at ${pattern.indexOf(whole)}: need index ${index} but have ${args.length} total`,
      );
    const value = one(verb, args[index]!, flags ?? "", precision, whole);
    return pad(value, flags ?? "", Number(width || 0));
  });
  if (highest < args.length) {
    const extra = args.length - highest;
    throw new ArgumentError(
      highest === 0
        ? "too many arguments; no verbs in format string"
        : `too many arguments; only ${highest} used by format string${extra > 0 ? "" : ""}`,
    );
  }
  return result;
}

/** Formats once for each item of the lists among the arguments. */
export function formatList(pattern: string, args: readonly Value[]): Value {
  const lists = args.filter((arg) => arg instanceof Sequence);
  const length = lists.length > 0 ? lists[0]!.items.length : 1;
  if (lists.some(({ items }) => items.length !== length))
    throw new ArgumentError(
      `argument ${args.indexOf(lists.find(({ items }) => items.length !== length)!) + 1} has length ${lists.find(({ items }) => items.length !== length)!.items.length}, which is inconsistent with argument ${args.indexOf(lists[0]!) + 1} of length ${length}`,
    );
  const each = Array.from({ length }, (_, index) =>
    format(
      pattern,
      args.map((arg) => (arg instanceof Sequence ? arg.items[index]! : arg)),
    ),
  );
  return new Sequence(each, "list");
}

function one(
  verb: string,
  value: Value,
  flags: string,
  precision: string | undefined,
  whole: string,
): string {
  if (verb === "v") return general(value, flags.includes("#"));
  if (value === null)
    throw new ArgumentError(`unsupported value for ${JSON.stringify(whole)}: null value cannot be formatted`);
  switch (verb) {
    case "t":
      if (typeof value === "boolean" || value === "true" || value === "false") return String(value);
      break;
    case "s":
    case "q": {
      const content = precision ? [...text(value)].slice(0, Number(precision)).join("") : text(value);
      return verb === "q" ? goString(content) : content;
    }
    case "d":
    case "b":
    case "o":
    case "x":
    case "X":
      return integerText(verb, value, flags);
    case "e":
    case "E":
    case "f":
    case "g":
    case "G":
      return float(verb, number(value), flags, precision);
  }
  throw new ArgumentError(`unsupported format verb ${JSON.stringify(verb)} in ${JSON.stringify(whole)}`);
}

function general(value: Value, isJson: boolean): string {
  if (isJson || value === null || value instanceof Sequence || value instanceof Mapping) return toJson(value);
  return value instanceof HclNumber ? value.toString() : String(value);
}

function integerText(verb: string, value: Value, flags: string): string {
  if (typeof value === "string" && (verb === "x" || verb === "X") && !HclNumber.parse(value)) {
    const hex = Buffer.from(value).toString("hex");
    return verb === "X" ? hex.toUpperCase() : hex;
  }
  const given = number(value);
  const integer = given.numerator / given.denominator;
  const base = { d: 10, b: 2, o: 8 }[verb] ?? 16;
  const digits = integer.toString(base);
  return signed(verb === "X" ? digits.toUpperCase() : digits, flags);
}

function float(verb: string, value: HclNumber, flags: string, precision: string | undefined): string {
  const digits = precision === undefined ? 6 : Number(precision || 0);
  const lower = verb.toLowerCase();
  const size = value.toNumber();
  const plain =
    lower === "f"
      ? fixed(value, digits)
      : lower === "e"
        ? exponent(size.toExponential(digits))
        : exponent(precision === undefined ? String(size) : String(Number(size.toPrecision(digits || 1))));
  return signed(verb === lower ? plain : plain.toUpperCase(), flags);
}

/** Rounds half to even at the end of the digits, as Go does for exact values. */
function fixed(value: HclNumber, digits: number): string {
  const scale = 10n ** BigInt(digits);
  const { numerator, denominator } = value;
  const size = (numerator < 0n ? -numerator : numerator) * scale;
  const rest = (size % denominator) * 2n;
  const quotient = size / denominator;
  const isUp = rest > denominator || (rest === denominator && quotient % 2n === 1n);
  const all = String(quotient + (isUp ? 1n : 0n)).padStart(digits + 1, "0");
  const sign = numerator < 0n ? "-" : "";
  return digits === 0 ? sign + all : `${sign}${all.slice(0, -digits)}.${all.slice(-digits)}`;
}

/** Go writes at least two digits of an exponent. */
function exponent(plain: string): string {
  return plain.replace(/e([+-])(\d)$/, "e$10$2");
}

function signed(plain: string, flags: string): string {
  if (plain.startsWith("-")) return plain;
  return flags.includes("+") ? `+${plain}` : flags.includes(" ") ? ` ${plain}` : plain;
}

function pad(value: string, flags: string, width: number): string {
  const missing = width - [...value].length;
  if (missing <= 0) return value;
  if (flags.includes("-")) return value + " ".repeat(missing);
  if (!flags.includes("0")) return " ".repeat(missing) + value;
  const sign = /^[+-]/.test(value) ? value[0]! : "";
  return sign + "0".repeat(missing) + value.slice(sign.length);
}
