import { followPaths } from "./follow-paths.js";
import { type MatchResult, PatternMatcher } from "./pattern-matcher.js";
import type { FileSource } from "./source.js";

/** Which part of a tree BuildKit asks for. Empty lists do not restrict it. */
export interface FilterPatterns {
  /** Only what matches, or lies in a folder that matches. */
  include: string[];
  /** Not what matches; `!` makes an exception. */
  exclude: string[];
  /** Also included, with the targets of their symbolic links. */
  follow: string[];
}

/** The filter's decision about one path. */
export interface Verdict {
  /** Whether the path itself is sent. */
  kept: boolean;
  /** Whether something in it, if it is a folder, may be sent. */
  walked: boolean;
  /** Only of a folder, as `exclude`: what the verdicts on its content depend on. */
  include?: MatchResult;
  exclude?: MatchResult;
}

/** Decides on one path, given the verdict on its parent. */
export type Filter = (path: string, isFolder: boolean, parent?: Verdict) => Promise<Verdict>;

/**
 * Makes a filter with fsutil's semantics. Rejects with PatternError for a malformed pattern, and with
 * DOCKERIGNORE_TOO_LARGE above the limits.
 */
export async function makeFilter(source: FileSource, patterns: FilterPatterns): Promise<Filter> {
  const followed = patterns.follow.length > 0 ? await followPaths(source, patterns.follow) : [];
  const wanted = followed && [...patterns.include, ...followed];
  const include = wanted?.length ? await PatternMatcher.parse(wanted) : undefined;
  const exclude = patterns.exclude.length > 0 ? await PatternMatcher.parse(patterns.exclude) : undefined;
  return async (path, isFolder, parent) => {
    const included = await include?.match(path, parent?.include);
    const excluded = await exclude?.match(path, parent?.exclude);
    const inside = included?.matched ?? true;
    const out = excluded?.matched ?? false;
    return {
      kept: inside && !out,
      walked:
        isFolder && (inside || include!.mayMatchInside(path)) && (!out || exclude!.mayExceptInside(path)),
      ...(isFolder && { include: included, exclude: excluded }),
    };
  };
}
