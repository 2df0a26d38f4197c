type Match = (path: string) => boolean;

/** One line of an ignore file, ready to be matched: moby/patternmatcher's rules for Linux. */
export interface Pattern {
  /** Cleaned text without the leading `!`. */
  text: string;
  /** Whether it started with `!` and so takes matches back. */
  exclusion: boolean;
  matches: Match;
}

/** A pattern that can't be understood. */
export class PatternError extends Error {
  constructor(pattern: string, reason: string) {
    super(`pattern ${JSON.stringify(pattern)}: ${reason}`);
    this.name = "PatternError";
  }
}

/** Reads patterns in order; blank ones are left out. Throws {@link PatternError}. */
export function parsePatterns(lines: string[]): Pattern[] {
  const patterns: Pattern[] = [];
  for (const line of lines) {
    if (line.trim() === "") continue;
    const cleaned = cleanPath(line.trim());
    const exclusion = cleaned.startsWith("!");
    const text = exclusion ? cleaned.slice(1) : cleaned;
    if (text === "") throw new PatternError(line, "nothing follows the !");
    patterns.push({ text, exclusion, matches: compilePattern(text) });
  }
  return patterns;
}

/** Lexically shortest equivalent of a slash-separated path: no `.`, `//` or trailing slash, `..` only in front. */
export function cleanPath(path: string): string {
  const rooted = path.startsWith("/");
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else if (!rooted) parts.push(part);
  }
  return (rooted ? "/" : "") + parts.join("/") || ".";
}

/** Makes the comparison of one cleaned pattern without `!`. Throws {@link PatternError}. */
export function compilePattern(text: string): Match {
  const { source, wild } = translate(text);
  // The short cuts answer as patternmatcher's do, which differs from the expression: `**x` also matches `yx`.
  if (!wild) return (path) => path === text;
  if (text.startsWith("**") && !/[*?[\]\\]/.test(text.slice(2))) {
    const suffix = text.slice(2);
    return (path) => path.endsWith(suffix) || (suffix.startsWith("/") && path === suffix.slice(1));
  }
  if (text.endsWith("**") && !/[*?[\]\\]/.test(text.slice(0, -2))) {
    const prefix = text.slice(0, -2);
    return (path) => path.startsWith(prefix);
  }
  const expression = new RegExp(`^${source}$`, "u");
  return (path) => expression.test(path);
}

/** Turns a pattern into the source of a regular expression, checking its syntax as Go's filepath.Match does. */
function translate(text: string): { source: string; wild: boolean } {
  const chars = [...text];
  let source = "";
  let wild = false;
  for (let i = 0; i < chars.length; i++) {
    const char = chars[i]!;
    if (char === "*" && chars[i + 1] === "*") {
      // `**/` stands for any number of folders, `**` at the end for anything.
      i += chars[i + 2] === "/" ? 2 : 1;
      source += i + 1 === chars.length ? "[^\\n]*" : "(?:[^\\n]*/)?";
      wild = true;
    } else if (char === "*" || char === "?") {
      source += char === "*" ? "[^/]*" : "[^/]";
      wild = true;
    } else if (char === "[") {
      const end = classEnd(text, chars, i);
      source += translateClass(chars.slice(i + 1, end));
      i = end;
      wild = true;
    } else if (char === "\\") {
      const escaped = chars[++i];
      if (escaped === undefined) throw new PatternError(text, "nothing follows the last \\");
      source += literal(escaped);
      wild = true;
    } else {
      source += literal(char);
      // patternmatcher takes a lone `]` for an expression; its result is the same.
      wild ||= char === "]";
    }
  }
  return { source, wild };
}

/** Index of the `]` that closes a class; throws when the class is not well-formed. */
function classEnd(text: string, chars: string[], start: number): number {
  let i = start + (chars[start + 1] === "^" ? 2 : 1);
  const member = () => {
    if (chars[i] === "\\") i++;
    else if (chars[i] === "-" || chars[i] === "]")
      throw new PatternError(text, `unexpected ${chars[i]} in a class`);
    if (chars[i] === undefined) throw new PatternError(text, "a [ is not closed");
    return chars[i++]!;
  };
  do {
    const low = member();
    if (chars[i] !== "-") continue;
    i++;
    if (member() < low) throw new PatternError(text, "a range in a class runs backwards");
  } while (chars[i] !== "]");
  return i;
}

function translateClass(members: string[]): string {
  const negated = members[0] === "^";
  let source = "";
  for (let i = negated ? 1 : 0; i < members.length; i++) {
    if (members[i] === "-") source += "-";
    else source += literal(members[members[i] === "\\" ? ++i : i]!);
  }
  return `[${negated ? "^" : ""}${source}]`;
}

/** Escapes what means something to a regular expression, inside and outside of classes. */
function literal(char: string): string {
  return /[\^$\\.*+?()[\]{}|/-]/.test(char) ? (char === "-" ? "\\x2d" : `\\${char}`) : char;
}
