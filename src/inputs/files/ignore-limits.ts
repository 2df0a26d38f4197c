import { Code, type ConnectError } from "@connectrpc/connect";
import { typedError } from "../../errors/typed-error.js";

/** Maximum size of an ignore file, and of all patterns of one list, in bytes; those of real projects have some KiB. */
export const maxIgnoreBytes = 4 << 20;

/** Most patterns of one list, such as an ignore file. */
export const maxPatterns = 50_000;

/** Throws DOCKERIGNORE_TOO_LARGE for a list of patterns above the limits. */
export function checkPatterns(patterns: readonly string[]): void {
  if (patterns.length > maxPatterns)
    throw ignoreFileTooLarge(`it has ${patterns.length} patterns, and at most ${maxPatterns} are allowed`);
  const bytes = patterns.reduce((sum, pattern) => sum + Buffer.byteLength(pattern), 0);
  if (bytes > maxIgnoreBytes) throw ignoreFileTooLarge();
}

/** The error for an ignore file, or a list of patterns, above a limit. `why` is a clause. */
export function ignoreFileTooLarge(why = `it has more than ${maxIgnoreBytes / (1 << 20)} MiB`): ConnectError {
  return typedError({
    code: Code.ResourceExhausted,
    reason: "DOCKERIGNORE_TOO_LARGE",
    message: `The ignore file is too large: ${why}.`,
    remedy: "Replace single names by patterns, such as those of their folders.",
  });
}
