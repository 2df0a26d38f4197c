import type fc from "fast-check";

/** One parser under fuzzing. */
export interface Target<T = unknown> {
  name: string;
  /** Generates inputs: some nearly valid, some arbitrary. */
  inputs: fc.Arbitrary<T>;
  /** Parses an input. It may throw errors that {@link Target.refuses} accepts. */
  run(input: T): unknown;
  /** Whether the parser refuses inputs with this error. Any other error is a fault. */
  refuses(error: unknown): boolean;
}

/** Checks the types of a target, and widens it for the list of all targets. */
export function target<T>(definition: Target<T>): Target {
  return definition as Target;
}

/** Built-in JavaScript errors: a parser that throws one does not handle its input. */
export function isProgrammingError(error: unknown): boolean {
  return [TypeError, RangeError, ReferenceError, URIError, SyntaxError].some((type) => error instanceof type);
}
