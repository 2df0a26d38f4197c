import { Float, GoMap, isSlice, NilPointer, Struct, type Value } from "./values.js";

/** A value as Go's `%v` prints it. */
export function printValue(value: Value): string {
  if (typeof value === "string") return value;
  if (value === undefined || value === null || value instanceof NilPointer) return "<nil>";
  if (value instanceof Float) return floatText(value.number);
  if (isSlice(value)) return `[${value.map(printValue).join(" ")}]`;
  if (value instanceof GoMap)
    return `map[${[...value.entries].map(([key, each]) => `${key}:${printValue(each)}`).join(" ")}]`;
  if (value instanceof Struct)
    return (
      value.options.text ??
      `{${value
        .fields()
        .map(([, each]) => printValue(each))
        .join(" ")}}`
    );
  return String(value);
}

/** Values in a row, as Go's `fmt.Sprint`: with a space between two that are not texts. */
export function printValues(values: readonly Value[]): string {
  return values
    .map((value, index) => {
      const previous = values[index - 1];
      const isSpaced = index > 0 && typeof value !== "string" && typeof previous !== "string";
      return (isSpaced ? " " : "") + printValue(value);
    })
    .join("");
}

/** Power of ten from which a float64 has an exponent. */
const maxPower = 6;

/** A float64 in the shortest notation, as Go's `%v`. */
function floatText(number: number): string {
  if (Number.isNaN(number)) return "NaN";
  if (!Number.isFinite(number)) return number > 0 ? "+Inf" : "-Inf";
  if (Object.is(number, -0)) return "-0";
  const scientific = number.toExponential();
  const power = Number(scientific.slice(scientific.indexOf("e") + 1));
  return power < -4 || power >= maxPower ? exponent(scientific) : String(number);
}

/** Exponents have at least two digits in Go. */
export function exponent(text: string): string {
  return text.replace(/e([+-])(\d)$/, "e$10$2");
}
