/**
 * A matcher for the expressions of plain wildcard patterns: `^…$` around literals, classes, `[^/]`, `[^/]*`, `(.*\/)?`
 * and `.*`. It keeps the states of the expression as bits, so that each character of a path costs one operation for 32
 * of them. Returns undefined for any other expression of Go's regexp package. The matcher tests a path, and with
 * `orParent` the folders that it is in.
 */
export function compileWildcards(
  expression: string,
): ((path: string, orParent: boolean) => boolean) | undefined {
  const states = new States();
  const end = expression.length - 1;
  let last = "";
  for (token.lastIndex = 1; token.lastIndex < end; ) {
    const found = token.exec(expression);
    if (!found) return undefined;
    const [text, quantified, negated, members, escaped, literal] = found;
    if (quantified !== undefined) {
      // A repetition of the same one matches nothing more.
      if (quantified !== last) states.addLoop(quantified as Loop);
    } else if (members !== undefined) {
      const ranges = readRanges(members);
      if (!ranges) return undefined;
      states.addClass(ranges, negated === "^");
    } else {
      const point = (escaped ?? literal)!.codePointAt(0)!;
      states.addClass([[point, point]], false);
    }
    last = text;
  }
  // A \ at the end of a pattern escapes the $.
  if (token.lastIndex !== end) return undefined;
  const automaton = states.build();
  return (path, orParent) => automaton.matches(path, orParent);
}

/**
 * A loop, a class without `[` and letters behind `\`, an escaped character that is no letter or digit, or a literal. A leading
 * `^` always negates a class.
 */
const token =
  /(\[\^\/\]\*|\(\.\*\/\)\?|\.\*)|\[(?:(\^)|(?!\^))((?:\\[^0-9A-Za-z\u0080-\u{10ffff}]|[^[\]\\])+)\]|\\([^0-9A-Za-z\u0080-\u{10ffff}])|([^\\^|[{()*+?.$]|\{(?!\d+(?:,\d*)?\}))/suy;

type Loop = "[^/]*" | "(.*/)?" | ".*";
type Range = [low: number, high: number];

/** The ranges of a class; undefined if Go may read it in another way. */
function readRanges(members: string): Range[] | undefined {
  const ranges: Range[] = [];
  const chars = [...members];
  let i = 0;
  const point = () => {
    if (chars[i] === "-") return undefined;
    if (chars[i] === "\\") i += 1;
    return chars[i++]?.codePointAt(0);
  };
  while (i < chars.length) {
    const low = point();
    let high = low;
    if (chars[i] === "-") {
      i += 1;
      high = point();
    }
    if (low === undefined || high === undefined || low > high) return undefined;
    ranges.push([low, high]);
  }
  return ranges;
}

const slash = 0x2f;
const newline = 0x0a;

/** Collects the states of an expression in order. */
class States {
  /** Number of the last state. */
  #last = 0;
  /** States that the next one, or the next but one, follows without a character. */
  readonly #skipsOne: number[] = [];
  readonly #skipsTwo: number[] = [];
  /** States that stay with any character but `/`, and but a line feed. */
  readonly #inName: number[] = [];
  readonly #inLine: number[] = [];
  readonly #negated: number[] = [];
  /** Low end, high end and state of each range. */
  readonly #ranges: number[] = [];

  addLoop(loop: Loop): void {
    this.#skipsOne.push(this.#last);
    if (loop === "(.*/)?") this.#skipsTwo.push(this.#last);
    this.#last += 1;
    (loop === "[^/]*" ? this.#inName : this.#inLine).push(this.#last);
    if (loop === "(.*/)?") this.addClass([[slash, slash]], false);
  }

  addClass(ranges: readonly Range[], negated: boolean): void {
    for (const [low, high] of ranges) this.#ranges.push(low, high, this.#last);
    if (negated) this.#negated.push(this.#last);
    this.#last += 1;
  }

  build(): Automaton {
    const words = (this.#last >> 5) + 1;
    const bits = (states: readonly number[]) => {
      const set = new Int32Array(words);
      for (const state of states) set[state >> 5]! |= 1 << (state & 31);
      return set;
    };
    return new Automaton({
      last: this.#last,
      skipsOne: bits(this.#skipsOne),
      skipsTwo: bits(this.#skipsTwo),
      inName: bits(this.#inName),
      inLine: bits(this.#inLine),
      negated: bits(this.#negated),
      ranges: Int32Array.from(this.#ranges),
    });
  }
}

/** States as bits, 32 in a word. */
interface Table {
  last: number;
  skipsOne: Int32Array;
  skipsTwo: Int32Array;
  inName: Int32Array;
  inLine: Int32Array;
  /** States whose ranges are those that they do not take. */
  negated: Int32Array;
  ranges: Int32Array;
}

/** A path's characters move the set of states that the expression can be in. */
class Automaton {
  readonly #table: Table;
  readonly #words: number;
  /** For each ASCII character, the states that take it and move on. */
  #taking: Int32Array | undefined;
  readonly #known = new Uint8Array(128);

  constructor(table: Table) {
    this.#table = table;
    this.#words = table.skipsOne.length;
  }

  matches(path: string, orParent: boolean): boolean {
    const { last, inName, inLine } = this.#table;
    const words = this.#words;
    const states = new Int32Array(words);
    states[0] = 1;
    this.#skip(states);
    const isEnd = () => (states[last >> 5]! & (1 << (last & 31))) !== 0;
    const other = new Int32Array(words);
    for (let at = 0; at < path.length; at += 1) {
      const point = path.codePointAt(at)!;
      if (point > 0xffff) at += 1;
      if (orParent && point === slash && isEnd()) return true;
      const taking = this.#statesTaking(point, other);
      const offset = taking === other ? 0 : point * words;
      let carry = 0;
      let any = 0;
      for (let word = 0; word < words; word += 1) {
        const before = states[word]!;
        const moving = before & taking[offset + word]!;
        const staying =
          before & ((point === slash ? 0 : inName[word]!) | (point === newline ? 0 : inLine[word]!));
        const after = (moving << 1) | carry | staying;
        carry = moving >>> 31;
        states[word] = after;
        any |= after;
      }
      if (any === 0) return false;
      this.#skip(states);
    }
    return isEnd();
  }

  /** Adds the states that follow without a character. */
  #skip(states: Int32Array): void {
    const { skipsOne, skipsTwo } = this.#table;
    let carry = 0;
    for (let word = 0; word < this.#words; word += 1) {
      const one = skipsOne[word]!;
      const two = skipsTwo[word]!;
      let before = 0;
      let after = states[word]! | carry;
      while (after !== before) {
        before = after;
        after |= ((before & one) << 1) | ((before & two) << 2);
      }
      carry = ((after & one) >>> 31) | ((after & two) >>> 30);
      states[word] = after;
    }
  }

  /** The states that take a character; in `other`, unless it is ASCII. */
  #statesTaking(point: number, other: Int32Array): Int32Array {
    if (point >= this.#known.length) {
      this.#find(point, other);
      return other;
    }
    this.#taking ??= new Int32Array(128 * this.#words);
    if (this.#known[point] === 0) {
      this.#find(point, this.#taking.subarray(point * this.#words, (point + 1) * this.#words));
      this.#known[point] = 1;
    }
    return this.#taking;
  }

  #find(point: number, taking: Int32Array): void {
    const { negated, ranges } = this.#table;
    taking.set(negated);
    for (let i = 0; i < ranges.length; i += 3) {
      if (point < ranges[i]! || point > ranges[i + 1]!) continue;
      const state = ranges[i + 2]!;
      const bit = 1 << (state & 31);
      if (negated[state >> 5]! & bit) taking[state >> 5]! &= ~bit;
      else taking[state >> 5]! |= bit;
    }
  }
}
