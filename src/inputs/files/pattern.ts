import { RE2JS } from "re2js";
import { cleanPath } from "./clean-path.js";
import { matchGlob, PatternError } from "./glob.js";

type Match = (path: string) => boolean;

/** One compiled line of an ignore file, with moby/patternmatcher's rules for Linux. */
export interface Pattern {
  /** Cleaned text without the leading `!`. */
  text: string;
  /** It started with `!`, so it excepts what it matches. */
  exclusion: boolean;
  /** Throws {@link PatternError} when the pattern is malformed. */
  matches: Match;
}

/** Parses patterns in order, without blank ones. Throws {@link PatternError}. */
export function parsePatterns(lines: string[]): Pattern[] {
  const patterns: Pattern[] = [];
  for (const line of lines) {
    if (line.trim() === "") continue;
    const cleaned = cleanPath(line.trim());
    const exclusion = cleaned.startsWith("!");
    const text = exclusion ? cleaned.slice(1) : cleaned;
    if (text === "") throw new PatternError(line, "nothing follows the !");
    // patternmatcher checks the syntax in the same way, so it detects the same malformed patterns.
    matchGlob(text, ".");
    patterns.push({ text, exclusion, matches: compilePattern(text) });
  }
  return patterns;
}

/**
 * Compiles one cleaned pattern without `!`, with the semantics of moby/patternmatcher including its oddities (`\d`
 * matches a digit, and `|` separates alternatives once there is a wildcard): BuildKit's own clients use it, and a
 * context must not depend on the client. RE2 guarantees matching in linear time. The matcher throws
 * {@link PatternError} for an expression that Go's regexp package refuses.
 */
function compilePattern(text: string): Match {
  const { kind, expression } = translate(text);
  switch (kind) {
    case "exact":
      return (path) => path === text;
    case "prefix": {
      const prefix = text.slice(0, -2);
      return (path) => path.startsWith(prefix);
    }
    case "suffix": {
      const suffix = text.slice(2);
      return (path) => path.endsWith(suffix) || (suffix.startsWith("/") && path === suffix.slice(1));
    }
    case "expression": {
      // Compiled on first use: as in patternmatcher, a pattern that is never reached may be malformed.
      let compiled: RE2JS | undefined;
      return (path) => {
        compiled ??= compileExpression(text, expression);
        return compiled.test(path);
      };
    }
  }
}

/** How a pattern is matched: `**` at one end and no other wildcard needs no expression. */
type Kind = "exact" | "prefix" | "suffix" | "expression";

/** Follows patternmatcher's `Pattern.compile`, in the syntax of Go's regexp package. */
function translate(text: string): { kind: Kind; expression: string } {
  // Go's text/scanner skips a byte order mark.
  const chars = [...text.replace(/^\uFEFF/, "")];
  let kind: Kind = "exact";
  let expression = "^";
  for (let i = 0; i < chars.length; i++) {
    const char = chars[i]!;
    if (char === "*" && chars[i + 1] === "*") {
      const first = i === 0;
      i += chars[i + 2] === "/" ? 2 : 1;
      if (i + 1 < chars.length) {
        expression += "(.*/)?";
        kind = "expression";
      } else if (kind === "exact") kind = "prefix";
      else {
        expression += ".*";
        kind = "expression";
      }
      if (first) kind = "suffix";
    } else if (char === "*" || char === "?") {
      expression += char === "*" ? "[^/]*" : "[^/]";
      kind = "expression";
    } else if (".+()$".includes(char)) {
      expression += `\\${char}`;
    } else if (char === "\\") {
      expression += `\\${chars[++i] ?? ""}`;
      kind = "expression";
    } else {
      expression += char;
      if (char === "[" || char === "]") kind = "expression";
    }
  }
  return { kind, expression: `${expression}$` };
}

function compileExpression(text: string, expression: string): RE2JS {
  try {
    return RE2JS.compile(expression);
  } catch (cause) {
    throw new PatternError(text, (cause as Error).message);
  }
}
