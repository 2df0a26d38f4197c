import { readGoBool, readGoDuration } from "../../../util/go-values.js";
import { nearest } from "../../../util/nearest.js";
import type { Problems } from "./problems.js";

/** What the value of an attribute must look like. */
export interface AttributeForm {
  /** For the message: "a boolean". */
  expected: string;
  matches(value: string): boolean;
}

/** The attributes that something takes, by name. */
export type AttributeTable = Readonly<Record<string, AttributeForm>>;

/** Any text. */
export const text: AttributeForm = { expected: "text", matches: () => true };
/** As Go's ParseBool reads it. */
export const bool: AttributeForm = {
  expected: "a boolean: true or false",
  matches: (value) => readGoBool(value) !== undefined,
};
/** A boolean, or nothing for true. */
export const flag: AttributeForm = {
  expected: bool.expected,
  matches: (value) => value === "" || bool.matches(value),
};
/** A whole number from 1 on. */
export const count = pattern("a whole number from 1 on", /^[1-9]\d*$/);
/** As Go's ParseDuration reads it. */
export const duration: AttributeForm = {
  expected: 'a duration such as "10m"',
  matches: (value) => (readGoDuration(value) ?? -1) >= 0,
};
/** Seconds since 1970. */
export const epoch = pattern("a number of seconds since 1970", /^(-?\d+)?$/);

/** One of a few words. */
export function oneOf(...words: string[]): AttributeForm {
  return { expected: words.join(" or "), matches: (value) => words.includes(value) };
}

/** A whole number within limits. */
export function between(least: number, most: number): AttributeForm {
  return {
    expected: `a whole number from ${least} to ${most}`,
    matches: (value) => /^\d+$/.test(value) && Number(value) >= least && Number(value) <= most,
  };
}

function pattern(expected: string, form: RegExp): AttributeForm {
  return { expected, matches: (value) => form.test(value) };
}

/** Notes the values that are wrong. Attributes that the table lacks may be those of a newer BuildKit. */
export function checkAttributes(
  problems: Problems,
  field: string,
  attributes: Record<string, string>,
  table: AttributeTable,
): void {
  for (const [name, value] of Object.entries(attributes)) {
    const form = Object.hasOwn(table, name) ? table[name] : undefined;
    if (!form || form.matches(value)) continue;
    const message = `invalid value ${JSON.stringify(value)} for attribute ${name}, expected ${form.expected}`;
    problems.add(`${field}.attributes[${name}]`, "ATTRIBUTE_INVALID", message);
  }
}

/** What to say about attributes that the table lacks, by their names. */
export function unknownAttributes(
  attributes: Record<string, string>,
  table: AttributeTable,
): Map<string, string> {
  const unknown = Object.keys(attributes).filter((name) => !Object.hasOwn(table, name));
  return new Map(
    unknown.map((name) => {
      const meant = nearest(name, Object.keys(table));
      const hint = meant ? `; did you mean ${JSON.stringify(meant)}?` : "";
      return [name, `unknown attribute ${JSON.stringify(name)}, which BuildKit may ignore${hint}`];
    }),
  );
}
