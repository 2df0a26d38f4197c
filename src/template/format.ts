import { exponent, printValue } from "./print-value.js";
import { TemplateError } from "./template-error.js";
import { basic, Float, isSlice, NilPointer, Struct, typeName, type Value } from "./values.js";

/** Greatest width and precision, as in Go. */
const maxWidth = 1_000_000;

interface Directive {
  flags: string;
  width: number | undefined;
  precision: number | undefined;
  verb: string;
}

/**
 * Formats values as Go's `fmt.Sprintf` does. The verbs are %v %s %q %d %x %X %o %b %c %U %t %f %e %g %T and %%; others,
 * and explicit indexes of arguments, are refused.
 */
export function format(text: string, values: readonly Value[]): string {
  let used = 0;
  const next = () => values[used++];
  const formatted = text.replace(
    /%([-+# 0]*)(\*|\d+)?(?:\.(\*|\d*))?(.?)/gsu,
    (_all, flags: string, width: string | undefined, precision: string | undefined, verb: string) => {
      const directive = { flags, width: size(width, next), precision: size(precision, next), verb };
      if (directive.width !== undefined && directive.width < 0) {
        directive.flags += "-";
        directive.width = -directive.width;
      }
      if (verb === "%") return "%";
      if (verb === "") return "%!(NOVERB)";
      if (!"vsqdxXobcUtfFeEgGT".includes(verb)) throw new TemplateError(`printf has no verb %${verb}`);
      if (used >= values.length) return `%!${verb}(MISSING)`;
      return one(directive, next());
    },
  );
  const extra = values.slice(used).map((value) => `${goType(value)}=${printValue(value)}`);
  return formatted + (extra.length > 0 ? `%!(EXTRA ${extra.join(", ")})` : "");
}

function size(text: string | undefined, next: () => Value): number | undefined {
  if (text === undefined) return undefined;
  const value = text === "*" ? next() : Number(text);
  if (typeof value !== "number" || Math.abs(value) > maxWidth)
    throw new TemplateError("printf has a width or precision that is no number, or too large");
  return value;
}

function one(directive: Directive, given: Value): string {
  const { verb } = directive;
  if (verb === "T") return padded(directive, goType(given));
  const isText = given instanceof Struct && given.options.text !== undefined && "vsq".includes(verb);
  const value = isText ? given.options.text : basic(given);
  if (verb === "v" && !isNumber(value)) return padded(directive, printValue(value));
  if (isSlice(value)) return `[${value.map((each) => one(directive, each)).join(" ")}]`;
  if (typeof value === "string") return ofText(directive, value) ?? wrong(directive, given);
  if (typeof value === "boolean")
    return verb === "t" ? padded(directive, String(value)) : wrong(directive, given);
  if (typeof value === "number") return ofInteger(directive, value) ?? wrong(directive, given);
  if (value instanceof Float) return ofFloat(directive, value.number) ?? wrong(directive, given);
  return wrong(directive, given);
}

function isNumber(value: Value): boolean {
  return typeof value === "number" || value instanceof Float;
}

function ofText(directive: Directive, value: string): string | undefined {
  const { verb, precision } = directive;
  const cut = precision === undefined ? value : [...value].slice(0, precision).join("");
  if (verb === "s") return padded(directive, cut);
  if (verb === "q") return padded(directive, quoted(cut));
  if (verb !== "x" && verb !== "X") return undefined;
  const hex = Buffer.from(value).subarray(0, precision).toString("hex");
  return padded(directive, verb === "X" ? hex.toUpperCase() : hex);
}

function ofInteger(directive: Directive, value: number): string | undefined {
  const { verb, flags, precision } = directive;
  const radix = { d: 10, v: 10, x: 16, X: 16, o: 8, b: 2 }[verb];
  if (radix !== undefined) {
    const digits = Math.abs(value)
      .toString(radix)
      .padStart(precision ?? 0, "0");
    const prefix = flags.includes("#") ? ({ x: "0x", X: "0X", o: "0", b: "0b" }[verb] ?? "") : "";
    return signed(directive, value < 0, prefix, verb === "X" ? digits.toUpperCase() : digits);
  }
  const char = value >= 0 && value <= 0x10ffff ? String.fromCodePoint(value) : "\ufffd";
  if (verb === "c") return padded(directive, char);
  if (verb === "q")
    return padded(directive, `'${char === "'" ? "\\'" : char === '"' ? char : quoted(char).slice(1, -1)}'`);
  if (verb === "U")
    return padded(
      directive,
      `U+${BigInt.asUintN(64, BigInt(value)).toString(16).toUpperCase().padStart(4, "0")}`,
    );
  return undefined;
}

function ofFloat(directive: Directive, value: number): string | undefined {
  const { verb, precision } = directive;
  const isNegative = value < 0 || Object.is(value, -0);
  const digits = () => {
    const number = Math.abs(value);
    switch (verb.toLowerCase()) {
      case "f":
        return number.toFixed(Math.min(precision ?? 6, 100));
      case "e":
        return exponent(number.toExponential(Math.min(precision ?? 6, 100)));
      case "g":
        return precision === undefined ? printValue(new Float(number)) : general(number, precision || 1);
      case "v":
        return printValue(new Float(number));
      default:
        return undefined;
    }
  };
  const text = digits();
  if (text === undefined) return undefined;
  return signed(directive, isNegative, "", /[EG]/.test(verb) ? text.toUpperCase() : text);
}

/** %g with a precision: so many significant digits, without zeros at the end. */
function general(number: number, precision: number): string {
  const power = number === 0 ? 0 : Math.floor(Math.log10(number));
  const text =
    power < -4 || power >= precision
      ? number.toExponential(Math.min(precision - 1, 100))
      : number.toPrecision(Math.min(precision, 100));
  return exponent(text.replace(/(\.\d*?)0+(?=e|$)/, "$1").replace(/\.(?=e|$)/, ""));
}

function signed(directive: Directive, isNegative: boolean, prefix: string, digits: string): string {
  const { flags, width = 0, precision, verb } = directive;
  const sign = isNegative ? "-" : flags.includes("+") ? "+" : flags.includes(" ") ? " " : "";
  const isFilled =
    flags.includes("0") &&
    !flags.includes("-") &&
    (precision === undefined || "feg".includes(verb.toLowerCase()));
  if (!isFilled) return padded(directive, sign + prefix + digits);
  return sign + prefix + digits.padStart(width - sign.length - (verb === "d" ? 0 : prefix.length), "0");
}

function padded({ flags, width = 0 }: Directive, text: string): string {
  const fill = width - [...text].length;
  if (fill <= 0) return text;
  if (flags.includes("-")) return text + " ".repeat(fill);
  return (flags.includes("0") ? "0" : " ").repeat(fill) + text;
}

/** How Go shows a value that the verb is not for. */
function wrong({ verb, ...rest }: Directive, value: Value): string {
  if (value === undefined || value === null) return `%!${verb}(<nil>)`;
  const text = value instanceof NilPointer ? "<nil>" : padded({ ...rest, verb: "v" }, printValue(value));
  return `%!${verb}(${goType(value)}=${text})`;
}

function goType(value: Value): string {
  return value === undefined || value === null ? "<nil>" : typeName(value);
}

const short: Record<string, string> = {
  "\u0007": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  '"': '\\"',
  "\\": "\\\\",
};

/** A text in double quotes, as Go's `%q`. */
export function quoted(text: string): string {
  const inner = text.replace(/["\\]|[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, (char) => {
    const known = short[char];
    if (known !== undefined) return known;
    const code = char.codePointAt(0)!;
    if (code < 0x80) return `\\x${code.toString(16).padStart(2, "0")}`;
    const hex = code.toString(16);
    return code > 0xffff ? `\\U${hex.padStart(8, "0")}` : `\\u${hex.padStart(4, "0")}`;
  });
  return `"${inner}"`;
}
