import { RE2JS } from "re2js";
import { cleanPath } from "./clean-path.js";
import { compileGlob, PatternError } from "./glob.js";
import { maxRegexpWork, maxWildcardBytes, patternTooCostly, patternTooLong } from "./ignore-limits.js";
import { compileWildcards } from "./wildcards.js";

/** Whether a pattern hits a path, or with `orParent` one of the folders that it is in. */
type Match = (path: string, orParent: boolean) => boolean;

/** One compiled line of an ignore file, with moby/patternmatcher's rules for Linux. */
export interface Pattern {
  /** Cleaned text without the leading `!`. */
  text: string;
  /** It started with `!`, so it excepts what it matches. */
  exclusion: boolean;
  /** Where it hits: at and below this path; undefined if it has a wildcard before its end. */
  prefix: string | undefined;
  /** Throws {@link PatternError} when the pattern is malformed, and DOCKERIGNORE_TOO_LARGE when it takes too long. */
  matches: Match;
}

/** Parses a pattern; undefined for a blank one. Throws {@link PatternError}, and DOCKERIGNORE_TOO_LARGE. */
export function parsePattern(line: string): Pattern | undefined {
  if (line.trim() === "") return undefined;
  const cleaned = cleanPath(line.trim());
  const exclusion = cleaned.startsWith("!");
  const text = exclusion ? cleaned.slice(1) : cleaned;
  if (text === "") throw new PatternError(line, "nothing follows the !");
  // patternmatcher checks the syntax in the same way, so it detects the same malformed patterns.
  compileGlob(text)(".");
  return { text, exclusion, prefix: prefixOf(text), matches: compilePattern(text) };
}

function prefixOf(text: string): string | undefined {
  const prefix = text.replace(/\/\*\*$/, "").replace(/\/\*$/, "");
  return /[*?[\]^\\]/.test(prefix) ? undefined : prefix;
}

/**
 * Compiles one cleaned pattern without `!`, with the semantics of moby/patternmatcher including its oddities (`\d`
 * matches a digit, and `|` separates alternatives once there is a wildcard): BuildKit's own clients use it, and a
 * context must not depend on the client. The matcher throws {@link PatternError} for an expression that Go's regexp
 * package refuses.
 */
function compilePattern(text: string): Match {
  const { kind, expression } = translate(text);
  switch (kind) {
    case "exact":
      return (path, orParent) => path === text || (orParent && path.startsWith(`${text}/`));
    case "prefix": {
      const prefix = text.slice(0, -2);
      return (path) => path.startsWith(prefix);
    }
    case "suffix": {
      const suffix = text.slice(2);
      return anyOf((path) => path.endsWith(suffix) || (suffix.startsWith("/") && path === suffix.slice(1)));
    }
    case "expression": {
      if (Buffer.byteLength(text) > maxWildcardBytes) throw patternTooLong(text, maxWildcardBytes);
      // Compiled on first use: as in patternmatcher, a pattern that is never reached may be malformed.
      let compiled: Match | undefined;
      return (path, orParent) => {
        compiled ??= compileWildcards(expression) ?? compileRegexp(text, expression);
        return compiled(path, orParent);
      };
    }
  }
}

/** Tries a path and then the folders that it is in. */
function anyOf(matches: (path: string) => boolean): Match {
  return (path, orParent) => {
    if (matches(path)) return true;
    for (let end = orParent ? path.indexOf("/") : -1; end >= 0; end = path.indexOf("/", end + 1))
      if (matches(path.slice(0, end))) return true;
    return false;
  };
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

/** Shortest path that counts, so that the time to compile an expression is limited too. */
const minPathLength = 64;

/** RE2 matches in linear time, but slowly. */
function compileRegexp(text: string, expression: string): Match {
  const size = sizeOf(expression);
  let compiled: RE2JS | undefined;
  const matches = anyOf((path) => compiled!.test(path));
  return (path, orParent) => {
    const work = size * Math.max(path.length, minPathLength) * (orParent ? path.split("/").length : 1);
    if (work > maxRegexpWork) throw patternTooCostly(text, path);
    compiled ??= compileExpression(text, expression);
    return matches(path, orParent);
  };
}

/** Length of an expression in which the repetitions `{n,m}` are written out. */
function sizeOf(expression: string): number {
  let size = expression.length;
  for (const [, least, most] of expression.matchAll(/\{(\d+)(?:,(\d*))?\}/g))
    size += Math.max(Number(least), Number(most ?? 0));
  return size;
}

function compileExpression(text: string, expression: string): RE2JS {
  try {
    return RE2JS.compile(expression);
  } catch (cause) {
    throw new PatternError(text, (cause as Error).message);
  }
}
