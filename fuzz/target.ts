import type fc from "fast-check";

/** One parser under fuzzing. */
export interface Target<T = unknown> {
  name: string;
  /** Inputs: some that are nearly right, some that are arbitrary. */
  inputs: fc.Arbitrary<T>;
  /** Parses an input. Refusing it by one of the errors that {@link Target.refuses} accepts is right. */
  run(input: T): unknown;
  /** Whether an error is the parser's own way to refuse an input. Everything else is a fault. */
  refuses(error: unknown): boolean;
}

/** Gives a target its type while it is put into a list of all. */
export function target<T>(definition: Target<T>): Target {
  return definition as Target;
}

/** Errors of JavaScript itself: a parser that throws one has met an input that it did not expect. */
export function isProgrammingError(error: unknown): boolean {
  return [TypeError, RangeError, ReferenceError, URIError, SyntaxError].some((type) => error instanceof type);
}
