import { Code, type ConnectError } from "@connectrpc/connect";
import { typedError } from "../../errors/typed-error.js";

/** Maximum size of an ignore file, and of all patterns of one list, in bytes; those of real projects have some KiB. */
export const maxIgnoreBytes = 4 << 20;

/** Most patterns of one list, such as an ignore file. */
export const maxPatterns = 50_000;

/** Maximum length of a pattern, in bytes, as of a path in Linux. */
export const maxPatternBytes = 4096;

/** Maximum length of a pattern with wildcards before its end, in bytes: with the longest path it takes some milliseconds. */
export const maxWildcardBytes = 1024;

/**
 * Limit for patterns with more syntax of Go's regexp package than wildcards: the product of the lengths of its
 * expression and of the path. It takes some milliseconds.
 */
export const maxRegexpWork = 16_384;

/** Throws DOCKERIGNORE_TOO_LARGE for a list of patterns above the limits. */
export function checkPatterns(patterns: readonly string[]): void {
  if (patterns.length > maxPatterns)
    throw ignoreFileTooLarge(`it has ${patterns.length} patterns, and at most ${maxPatterns} are allowed`);
  let bytes = 0;
  for (const pattern of patterns) {
    const length = Buffer.byteLength(pattern);
    bytes += length;
    if (length > maxPatternBytes) throw patternTooLong(pattern, maxPatternBytes);
  }
  if (bytes > maxIgnoreBytes) throw ignoreFileTooLarge();
}

/** The error for an ignore file, or a list of patterns, above a limit. `why` is a clause. */
export function ignoreFileTooLarge(
  why = `it has more than ${maxIgnoreBytes / (1 << 20)} MiB`,
  remedy = "Replace single names by patterns, such as those of their folders.",
): ConnectError {
  return typedError({
    code: Code.ResourceExhausted,
    reason: "DOCKERIGNORE_TOO_LARGE",
    message: `The ignore file is too large: ${why}.`,
    remedy,
  });
}

/** The error for a pattern that is longer than `maxBytes`. */
export function patternTooLong(pattern: string, maxBytes: number): ConnectError {
  const length = Buffer.byteLength(pattern);
  return ignoreFileTooLarge(
    `the pattern ${quoted(pattern)} has ${length} bytes, and at most ${maxBytes} are allowed`,
    "Use a shorter pattern.",
  );
}

/** The error for a pattern that is an expression of Go's regexp package, and takes too long with a path. */
export function patternTooCostly(pattern: string, path: string): ConnectError {
  return ignoreFileTooLarge(
    `the pattern ${quoted(pattern)} takes too long with a path of ${path.length} characters`,
    "Use only the wildcards *, ** and ?, and classes such as [a-z].",
  );
}

function quoted(pattern: string): string {
  return JSON.stringify(pattern.length > 40 ? `${pattern.slice(0, 40)}…` : pattern);
}
