/** A malformed pattern. */
export class PatternError extends Error {
  constructor(pattern: string, reason: string) {
    super(`Pattern ${JSON.stringify(pattern)}: ${reason}.`);
    this.name = "PatternError";
  }
}

/**
 * Matches a whole name as Go's filepath.Match does: `*`, `?`, classes and `\`; the first two do not match `/`. Throws
 * {@link PatternError} for a malformed pattern, but like Go only for the part that it reads: after a mismatch it does
 * not read what follows the `*`. It never backtracks beyond the last `*`, so the time is at most the product of the two
 * lengths.
 */
export function matchGlob(pattern: string, name: string): boolean {
  const scan = new Scan(pattern);
  const text = [...name];
  let at = 0;
  while (!scan.done) {
    const star = scan.skipStars();
    const chunk = scan.nextChunk();
    if (star && chunk.length === 0) return !text.includes("/", at);
    const last = scan.done;
    let end = matchChunk(pattern, chunk, text, at);
    while (end === undefined || (last && end < text.length)) {
      if (!star || at >= text.length || text[at] === "/") return false;
      at += 1;
      end = matchChunk(pattern, chunk, text, at);
    }
    at = end;
  }
  return at === text.length;
}

/** Reads a pattern in chunks that hold no `*` outside of a class. */
class Scan {
  readonly #chars: string[];
  #at = 0;

  constructor(pattern: string) {
    this.#chars = [...pattern];
  }

  get done(): boolean {
    return this.#at >= this.#chars.length;
  }

  skipStars(): boolean {
    const begin = this.#at;
    while (this.#chars[this.#at] === "*") this.#at += 1;
    return this.#at > begin;
  }

  nextChunk(): string[] {
    const begin = this.#at;
    let inClass = false;
    for (; this.#at < this.#chars.length; this.#at += 1) {
      const char = this.#chars[this.#at];
      if (char === "\\") this.#at += 1;
      else if (char === "[") inClass = true;
      else if (char === "]") inClass = false;
      else if (char === "*" && !inClass) break;
    }
    this.#at = Math.min(this.#at, this.#chars.length);
    return this.#chars.slice(begin, this.#at);
  }
}

/**
 * Matches a chunk at a position of the name and returns its end, or undefined. It reads the whole chunk, so that the
 * syntax is checked after a mismatch too.
 */
function matchChunk(
  pattern: string,
  chunk: readonly string[],
  text: readonly string[],
  start: number,
): number | undefined {
  let at = start;
  let failed = false;
  for (let i = 0; i < chunk.length; i += 1) {
    failed ||= at >= text.length;
    const char = text[at];
    if (chunk[i] === "[") {
      const { end, includes } = readClass(pattern, chunk, i);
      failed ||= !includes(char!);
      i = end;
    } else if (chunk[i] === "?") {
      failed ||= char === "/";
    } else {
      if (chunk[i] === "\\") i += 1;
      if (i >= chunk.length) throw new PatternError(pattern, "nothing follows the last \\");
      failed ||= chunk[i] !== char;
    }
    at += 1;
  }
  return failed ? undefined : at;
}

/** Reads the class that begins at `start`; `end` is the index of its `]`. */
function readClass(pattern: string, chunk: readonly string[], start: number) {
  let i = start + 1;
  const negated = chunk[i] === "^";
  if (negated) i += 1;
  const member = (): number => {
    if (chunk[i] === "-" || chunk[i] === "]")
      throw new PatternError(pattern, `unexpected ${chunk[i]} in a class`);
    if (chunk[i] === "\\") i += 1;
    const point = chunk[i]?.codePointAt(0);
    i += 1;
    if (point === undefined || i >= chunk.length) throw new PatternError(pattern, "a [ is not closed");
    return point;
  };
  const ranges: [low: number, high: number][] = [];
  do {
    const low = member();
    if (chunk[i] !== "-") ranges.push([low, low]);
    else {
      i += 1;
      ranges.push([low, member()]);
    }
  } while (chunk[i] !== "]");
  const includes = (char: string) => {
    const point = char.codePointAt(0)!;
    return ranges.some(([low, high]) => low <= point && point <= high) !== negated;
  };
  return { end: i, includes };
}
