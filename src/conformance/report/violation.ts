/** A violated rule; the message is a sentence that says what was seen and what was expected. */
export class Violation extends Error {}

/** Throws {@link Violation} unless the condition holds. */
export function must(condition: unknown, violation: string): asserts condition {
  if (!condition) throw new Violation(violation);
}
