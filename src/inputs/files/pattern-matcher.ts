import { TimeSlice } from "../../util/time-slice.js";
import { checkPatterns } from "./ignore-limits.js";
import { type Pattern, parsePattern } from "./pattern.js";

/** The result for a path; matches of the paths inside a folder depend on that of the folder. */
export interface MatchResult {
  /** Whether the path matches, after all patterns with and without `!`. */
  matched: boolean;
  /** Which of the patterns hit the path or one of its parents: one bit for each, the lowest of a byte first. */
  hits: Uint8Array;
}

/** How much is done before the matcher looks at the clock: characters of patterns, and as many for each pattern. */
const workPerLook = 1024;
const workPerPattern = 64;

/** An ordered list of patterns, as in a `.dockerignore`: the last one that hits a path decides. */
export class PatternMatcher {
  readonly #patterns: Pattern[];
  readonly #inclusions: Reach;
  readonly #exclusions: Reach;
  readonly #slice: TimeSlice;

  private constructor(patterns: Pattern[], slice: TimeSlice) {
    this.#patterns = patterns;
    this.#inclusions = reachOf(patterns.filter((pattern) => !pattern.exclusion));
    this.#exclusions = reachOf(patterns.filter((pattern) => pattern.exclusion));
    this.#slice = slice;
  }

  /**
   * Parses patterns, in turns with the events of the process. Rejects with PatternError when one is malformed, and with
   * DOCKERIGNORE_TOO_LARGE above the limits.
   */
  static async parse(lines: readonly string[]): Promise<PatternMatcher> {
    checkPatterns(lines);
    const slice = new TimeSlice();
    const patterns: Pattern[] = [];
    for (const line of lines) {
      if (slice.isOver) await slice.next();
      const pattern = parsePattern(line);
      if (pattern) patterns.push(pattern);
    }
    return new PatternMatcher(patterns, slice);
  }

  /**
   * Matches a path, in turns with the events of the process. A pattern that hit the parent folder hits everything
   * inside. Rejects with PatternError when a pattern turns out to be malformed, and with DOCKERIGNORE_TOO_LARGE when one
   * takes too long with the path.
   */
  async match(path: string, parent?: MatchResult): Promise<MatchResult> {
    let matched = false;
    const hits = new Uint8Array(Math.ceil(this.#patterns.length / 8));
    let work = workPerLook;
    for (const [i, pattern] of this.#patterns.entries()) {
      if (work >= workPerLook) {
        work = 0;
        if (this.#slice.isOver) await this.#slice.next();
      }
      work += workPerPattern + pattern.text.length;
      const byte = i >> 3;
      const bit = 1 << (i & 7);
      if (!parent || !(parent.hits[byte]! & bit)) {
        // It cannot change the result here. Like BuildKit, do not note it for the paths below either.
        if (pattern.exclusion !== matched) continue;
        if (!pattern.matches(path, !parent)) continue;
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
  return patterns.some(({ prefix }) => prefix === undefined)
    ? "anywhere"
    : patterns.map(({ prefix }) => `${prefix}/`);
}

function reaches(reach: Reach, folder: string): boolean {
  const inside = `${folder}/`;
  return reach === "anywhere" || reach.some((prefix) => prefix.startsWith(inside));
}
