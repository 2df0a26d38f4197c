/** A malformed pattern. */
export class PatternError extends Error {
  constructor(pattern: string, reason: string) {
    super(`Pattern ${JSON.stringify(pattern)}: ${reason}.`);
    this.name = "PatternError";
  }
}

/** A part of a pattern that holds no `*`, and whether a `*` is in front of it. */
interface Chunk {
  star: boolean;
  /** What each character must be. */
  tests: ((char: string) => boolean)[];
}

/**
 * A matcher of a whole name as Go's filepath.Match: `*`, `?`, classes and `\`; the first two do not match `/`. It throws
 * {@link PatternError} for a malformed pattern, but like Go only for the part that it reads: after a mismatch it does
 * not read what follows the `*`. It never backtracks beyond the last `*`, and reads each part once, so the time is at
 * most the length of the pattern and the square of that of the name.
 */
export function compileGlob(pattern: string): (name: string) => boolean {
  const scan = new Scan(pattern);
  const chunks: Chunk[] = [];
  const chunkAt = (index: number): Chunk | undefined => {
    if (index === chunks.length && !scan.done) chunks.push(scan.next());
    return chunks[index];
  };
  return (name) => {
    const text = [...name];
    let at = 0;
    for (let index = 0; ; index += 1) {
      const chunk = chunkAt(index);
      if (!chunk) return at === text.length;
      const { star, tests } = chunk;
      if (star && tests.length === 0) return !text.includes("/", at);
      const last = index === chunks.length - 1 && scan.done;
      while (!matchesAt(tests, text, at) || (last && at + tests.length < text.length)) {
        if (!star || at >= text.length || text[at] === "/") return false;
        at += 1;
      }
      at += tests.length;
    }
  };
}

function matchesAt(tests: Chunk["tests"], text: readonly string[], start: number): boolean {
  return start + tests.length <= text.length && tests.every((test, i) => test(text[start + i]!));
}

/** Reads a pattern chunk by chunk. */
class Scan {
  readonly #pattern: string;
  readonly #chars: string[];
  #at = 0;

  constructor(pattern: string) {
    this.#pattern = pattern;
    this.#chars = [...pattern];
  }

  get done(): boolean {
    return this.#at >= this.#chars.length;
  }

  next(): Chunk {
    const begin = this.#at;
    while (this.#chars[this.#at] === "*") this.#at += 1;
    const star = this.#at > begin;
    const chunk = this.#nextChars();
    const tests: Chunk["tests"] = [];
    for (let i = 0; i < chunk.length; i += 1) {
      if (chunk[i] === "[") {
        const { end, includes } = readClass(this.#pattern, chunk, i);
        tests.push(includes);
        i = end;
      } else if (chunk[i] === "?") {
        tests.push((char) => char !== "/");
      } else {
        if (chunk[i] === "\\") i += 1;
        const literal = chunk[i];
        if (literal === undefined) throw new PatternError(this.#pattern, "nothing follows the last \\");
        tests.push((char) => char === literal);
      }
    }
    return { star, tests };
  }

  #nextChars(): string[] {
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
