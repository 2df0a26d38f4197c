import type { HclFunction } from "../hcl/evaluate.js";
import { HclNumber } from "../hcl/number.js";
import { isEqual } from "../hcl/value.js";
import { ArgumentError, bool, fn, integer, number, numberOf, text } from "./arguments.js";

const two = ["number", "number"] as const;

/** Functions of numbers and truth values. */
export const numberFunctions: Record<string, HclFunction> = {
  absolute: fn(["number"], (a) => (number(a).numerator < 0n ? number(a).negate() : number(a))),
  add: fn(two, (a, b) => number(a).add(number(b))),
  subtract: fn(two, (a, b) => number(a).subtract(number(b))),
  multiply: fn(two, (a, b) => number(a).multiply(number(b))),
  divide: fn(two, (a, b) => number(a).divide(number(b))),
  modulo: fn(two, (a, b) => number(a).modulo(number(b))),
  negate: fn(["number"], (a) => number(a).negate()),
  ceil: fn(["number"], (a) => number(a).ceil()),
  floor: fn(["number"], (a) => number(a).floor()),
  int: fn(["number"], (a) => HclNumber.of(number(a).numerator / number(a).denominator)),
  signum: fn(["number"], (a) => numberOf(Math.sign(integer(a)))),
  log: fn(two, (a, b) => numberOf(Math.log(number(a).toNumber()) / Math.log(number(b).toNumber()))),
  pow: fn(two, (a, b) => power(number(a), number(b))),
  max: fn([], (...all) => all.map(number).reduce((a, b) => (a.compare(b) >= 0 ? a : b), someNumber(all)), {
    rest: "number",
  }),
  min: fn([], (...all) => all.map(number).reduce((a, b) => (a.compare(b) <= 0 ? a : b), someNumber(all)), {
    rest: "number",
  }),
  parseint: fn(["dynamic", "number"], (value, base) => parseInteger(text(value), integer(base))),
  greaterthan: fn(two, (a, b) => number(a).compare(number(b)) > 0),
  greaterthanorequalto: fn(two, (a, b) => number(a).compare(number(b)) >= 0),
  lessthan: fn(two, (a, b) => number(a).compare(number(b)) < 0),
  lessthanorequalto: fn(two, (a, b) => number(a).compare(number(b)) <= 0),
  equal: fn(["dynamic", "dynamic"], (a, b) => isEqual(a!, b!), { nullable: true }),
  notequal: fn(["dynamic", "dynamic"], (a, b) => !isEqual(a!, b!), { nullable: true }),
  and: fn(["bool", "bool"], (a, b) => bool(a) && bool(b)),
  or: fn(["bool", "bool"], (a, b) => bool(a) || bool(b)),
  not: fn(["bool"], (a) => !bool(a)),
};

function someNumber(all: readonly unknown[]): HclNumber {
  if (all.length === 0) throw new ArgumentError("must pass at least one number");
  return all[0] as HclNumber;
}

function power(base: HclNumber, exponent: HclNumber): HclNumber {
  if (!exponent.isInteger || exponent.numerator < 0n || exponent.numerator > 4096n)
    return numberOf(base.toNumber() ** exponent.toNumber());
  return HclNumber.of(base.numerator ** exponent.numerator, base.denominator ** exponent.numerator);
}

function parseInteger(value: string, base: number): HclNumber {
  if (base < 2 || base > 62)
    throw new ArgumentError("base must be a whole number between 2 and 62 inclusive");
  const isNegative = value.startsWith("-");
  const digits = value.replace(/^[+-]/, "");
  let result = 0n;
  for (const digit of digits) {
    const found = digitValue(digit, base);
    if (found === undefined || found >= base) throw notInBase(value, base);
    result = result * BigInt(base) + BigInt(found);
  }
  if (digits === "") throw notInBase(value, base);
  return HclNumber.of(isNegative ? -result : result);
}

function digitValue(digit: string, base: number): number | undefined {
  if (/\d/.test(digit)) return Number(digit);
  if (/[a-z]/.test(digit)) return digit.charCodeAt(0) - 87;
  if (/[A-Z]/.test(digit)) return digit.charCodeAt(0) - (base <= 36 ? 55 : 29);
  return undefined;
}

function notInBase(value: string, base: number): ArgumentError {
  return new ArgumentError(`cannot parse ${JSON.stringify(value)} as a base ${base} integer`);
}
