import { type Pattern, parsePatterns } from "./pattern.js";

/** The result for a folder; matches of the paths inside it depend on it. */
export interface MatchResult {
  /** Whether the path matches, after all patterns with and without `!`. */
  matched: boolean;
  /** Which of the patterns hit the path or one of its parents. */
  hits: boolean[];
}

/** An ordered list of patterns, as in a `.dockerignore`: the last one that hits a path decides. */
export class PatternMatcher {
  readonly #patterns: Pattern[];
  readonly #inclusions: Reach;
  readonly #exclusions: Reach;

  /** Throws PatternError when a pattern is malformed. */
  constructor(lines: string[]) {
    this.#patterns = parsePatterns(lines);
    this.#inclusions = reachOf(this.#patterns.filter((pattern) => !pattern.exclusion));
    this.#exclusions = reachOf(this.#patterns.filter((pattern) => pattern.exclusion));
  }

  /** Matches a path. A pattern that hit the parent folder hits everything inside. Throws PatternError as above. */
  match(path: string, parent?: MatchResult): MatchResult {
    let matched = false;
    const hits = this.#patterns.map((pattern, i) => {
      let hit = parent?.hits[i] ?? false;
      if (!hit) {
        // It cannot change the result here. Like BuildKit, do not note it for the paths below either.
        if (pattern.exclusion !== matched) return false;
        hit = pattern.matches(path) || (!parent && parentsOf(path).some(pattern.matches));
      }
      if (hit) matched = !pattern.exclusion;
      return hit;
    });
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
