import { readGoBool, readGoDuration } from "../../../util/go-values.js";
import { nearest } from "../../../util/nearest.js";
import type { Problems } from "./problems.js";

/** The form of an attribute's value. */
export interface AttributeForm {
  /** In messages: "a boolean". */
  expected: string;
  matches(value: string): boolean;
}

/** The known attributes of an output or cache, by name. */
export type AttributeTable = Readonly<Record<string, AttributeForm>>;

/** Any text. */
export const text: AttributeForm = { expected: "text", matches: () => true };
/** What Go's ParseBool reads. */
export const bool: AttributeForm = {
  expected: "a boolean: true or false",
  matches: (value) => readGoBool(value) !== undefined,
};
/** A boolean; empty means true. */
export const flag: AttributeForm = {
  expected: bool.expected,
  matches: (value) => value === "" || bool.matches(value),
};
/** A positive integer. */
export const count = pattern("a positive integer", /^[1-9]\d*$/);
/** What Go's ParseDuration reads, not negative. */
export const duration: AttributeForm = {
  expected: 'a duration such as "10m"',
  matches: (value) => (readGoDuration(value) ?? -1) >= 0,
};
/** Seconds since 1970. */
export const epoch = pattern("a number of seconds since 1970", /^(-?\d+)?$/);

/** One of the given words. */
export function oneOf(...words: string[]): AttributeForm {
  return { expected: words.join(" or "), matches: (value) => words.includes(value) };
}

/** An integer within limits. */
export function between(least: number, most: number): AttributeForm {
  return {
    expected: `an integer from ${least} to ${most}`,
    matches: (value) => /^\d+$/.test(value) && Number(value) >= least && Number(value) <= most,
  };
}

function pattern(expected: string, form: RegExp): AttributeForm {
  return { expected, matches: (value) => form.test(value) };
}

/** Adds a problem for each invalid value. Unknown attributes are accepted, since a newer BuildKit may have them. */
export function checkAttributes(
  problems: Problems,
  field: string,
  attributes: Record<string, string>,
  table: AttributeTable,
): void {
  for (const [name, value] of Object.entries(attributes)) {
    const form = Object.hasOwn(table, name) ? table[name] : undefined;
    if (!form || form.matches(value)) continue;
    const message = `Invalid value ${JSON.stringify(value)} for attribute ${name}, expected ${form.expected}.`;
    problems.add(`${field}.attributes[${name}]`, "ATTRIBUTE_INVALID", message);
  }
}

/** The warnings about attributes that the table lacks, by attribute. */
export function unknownAttributes(
  attributes: Record<string, string>,
  table: AttributeTable,
): Map<string, string> {
  const unknown = Object.keys(attributes).filter((name) => !Object.hasOwn(table, name));
  return new Map(
    unknown.map((name) => {
      const meant = nearest(name, Object.keys(table));
      const hint = meant ? ` Did you mean ${JSON.stringify(meant)}?` : "";
      return [name, `Unknown attribute ${JSON.stringify(name)}, which BuildKit may ignore.${hint}`];
    }),
  );
}
