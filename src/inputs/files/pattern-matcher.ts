import { checkPatterns } from "./ignore-limits.js";
import { type Pattern, parsePatterns } from "./pattern.js";
import { Turn } from "./turn.js";

/** The result for a path; matches of the paths inside a folder depend on that of the folder. */
export interface MatchResult {
  /** Whether the path matches, after all patterns with and without `!`. */
  matched: boolean;
  /** Which of the patterns hit the path or one of its parents: one bit for each, the lowest of a byte first. */
  hits: Uint8Array;
}

/** How many patterns are tried before the matcher looks at the clock. */
const patternsPerLook = 16;

/** An ordered list of patterns, as in a `.dockerignore`: the last one that hits a path decides. */
export class PatternMatcher {
  readonly #patterns: Pattern[];
  readonly #inclusions: Reach;
  readonly #exclusions: Reach;
  readonly #turn = new Turn();

  /** Throws PatternError when a pattern is malformed, and DOCKERIGNORE_TOO_LARGE above the limits. */
  constructor(lines: string[]) {
    checkPatterns(lines);
    this.#patterns = parsePatterns(lines);
    this.#inclusions = reachOf(this.#patterns.filter((pattern) => !pattern.exclusion));
    this.#exclusions = reachOf(this.#patterns.filter((pattern) => pattern.exclusion));
  }

  /**
   * Matches a path, in turns with the events of the process. A pattern that hit the parent folder hits everything
   * inside. Rejects with PatternError as above.
   */
  async match(path: string, parent?: MatchResult): Promise<MatchResult> {
    let matched = false;
    const hits = new Uint8Array(Math.ceil(this.#patterns.length / 8));
    for (const [i, pattern] of this.#patterns.entries()) {
      if (i % patternsPerLook === 0 && this.#turn.isOver) await this.#turn.next();
      const byte = i >> 3;
      const bit = 1 << (i & 7);
      if (!parent || !(parent.hits[byte]! & bit)) {
        // It cannot change the result here. Like BuildKit, do not note it for the paths below either.
        if (pattern.exclusion !== matched) continue;
        if (!pattern.matches(path) && (parent || !parentsOf(path).some(pattern.matches))) continue;
      }
      matched = !pattern.exclusion;
      hits[byte]! |= bit;
    }
    return { matched, hits };
  }

  /** Whether a pattern without `!` could hit something inside a folder; true when in doubt. */
  mayMatchInside(folder: string): boolean {
    return reaches(this.#inclusions, folder);
  }

  /** Whether a pattern with `!` could except something inside a folder; true when in doubt. */
  mayExceptInside(folder: string): boolean {
    return reaches(this.#exclusions, folder);
  }
}

/** Where patterns can hit: anywhere, if one has a wildcard before its end, or at and below some paths. */
type Reach = "anywhere" | string[];

function reachOf(patterns: Pattern[]): Reach {
  const prefixes = patterns.map(({ text }) => text.replace(/\/\*\*$/, "").replace(/\/\*$/, ""));
  return prefixes.some((prefix) => /[*?[\]^\\]/.test(prefix))
    ? "anywhere"
    : prefixes.map((prefix) => `${prefix}/`);
}

function reaches(reach: Reach, folder: string): boolean {
  return reach === "anywhere" || reach.some((prefix) => prefix.startsWith(`${folder}/`));
}

function parentsOf(path: string): string[] {
  const parents: string[] = [];
  for (let i = path.indexOf("/"); i >= 0; i = path.indexOf("/", i + 1)) parents.push(path.slice(0, i));
  return parents;
}
