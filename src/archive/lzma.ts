/** The properties of a stream: bits of context for literals, and for positions. */
export interface LzmaProperties {
  readonly lc: number;
  readonly lp: number;
  readonly pb: number;
}

/** The data cannot be those of an encoder. */
export class LzmaError extends Error {}

// The probabilities of all kinds of bits are in one array, from these indexes on.
const isMatch = 0;
const isRep = isMatch + (12 << 4);
const isRep0 = isRep + 12;
const isRep1 = isRep0 + 12;
const isRep2 = isRep1 + 12;
const isLongRep0 = isRep2 + 12;
const slots = isLongRep0 + (12 << 4);
const distances = slots + (4 << 6);
const alignment = distances + 115;
const matchLengths = alignment + 16;
/** Two choices, and trees of 3, 3 and 8 bits, the first two for each of 16 positions. */
const lengthSize = 2 + (16 << 3) * 2 + (1 << 8);
const repLengths = matchLengths + lengthSize;
const literals = repLengths + lengthSize;
const literalSize = 0x300;

/** Decodes LZMA data in chunks of any size. Keeps only one window of its output in memory. */
export class LzmaDecoder {
  readonly #window: Uint8Array;
  readonly #probabilities = new Uint16Array(literals + (literalSize << 4));
  /** Bytes since the window was emptied. */
  #total = 0;
  #at = 0;
  #properties: LzmaProperties = { lc: 0, lp: 0, pb: 0 };
  #state = 0;
  /** Distances of the last matches, less one; the latest first. */
  #reps: [number, number, number, number] = [0, 0, 0, 0];
  /** What is left of the current match, in bytes. */
  #left = 0;

  #input: Uint8Array = new Uint8Array(0);
  #read = 0;
  #range = 0;
  #code = 0;

  /** @param windowBytes how far back a match may be */
  constructor(windowBytes: number) {
    this.#window = new Uint8Array(windowBytes);
  }

  get windowBytes(): number {
    return this.#window.length;
  }

  /** Forgets the output. */
  emptyWindow(): void {
    this.#total = 0;
    this.#at = 0;
  }

  /** Forgets what was learnt. */
  resetState(properties: LzmaProperties = this.#properties): void {
    this.#properties = properties;
    this.#probabilities.fill(1024);
    this.#state = 0;
    this.#reps = [0, 0, 0, 0];
    this.#left = 0;
  }

  /** Takes bytes that are not compressed. */
  copy(bytes: Uint8Array): void {
    for (const byte of bytes) this.#put(byte);
  }

  /** Begins a chunk of compressed data. */
  begin(input: Uint8Array): void {
    if (input.length < 5 || input[0] !== 0) throw new LzmaError("a chunk begins wrongly");
    this.#input = input;
    this.#range = 0xffffffff;
    this.#code = ((input[1]! << 24) | (input[2]! << 16) | (input[3]! << 8) | input[4]!) >>> 0;
    this.#read = 5;
  }

  /** Ends a chunk, of which nothing may be left. */
  end(): void {
    this.#normalize();
    if (this.#left > 0 || this.#read !== this.#input.length || this.#code !== 0)
      throw new LzmaError("a chunk does not end with its data");
  }

  /** The next bytes of a chunk, as many as asked for. */
  decode(length: number): Uint8Array {
    const output = new Uint8Array(length);
    for (let done = 0; done < length; ) {
      if (this.#left === 0 && this.#symbol()) {
        output[done++] = this.#last(0);
        continue;
      }
      const distance = this.#reps[0];
      for (; this.#left > 0 && done < length; this.#left--) output[done++] = this.#put(this.#last(distance));
    }
    return output;
  }

  /** Decodes a byte, which is true, or the begin of a match. */
  #symbol(): boolean {
    const position = this.#total & ((1 << this.#properties.pb) - 1);
    const state = this.#state;
    if (!this.#bit(isMatch + (state << 4) + position)) {
      this.#put(this.#literal());
      this.#state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
      return true;
    }
    const reps = this.#reps;
    if (!this.#bit(isRep + state)) {
      this.#state = state < 7 ? 7 : 10;
      this.#left = this.#length(matchLengths, position);
      this.#reps = [this.#distance(this.#left), reps[0], reps[1], reps[2]];
    } else {
      let chosen = 0;
      if (this.#bit(isRep0 + state))
        chosen = !this.#bit(isRep1 + state) ? 1 : !this.#bit(isRep2 + state) ? 2 : 3;
      else if (!this.#bit(isLongRep0 + (state << 4) + position)) {
        this.#state = state < 7 ? 9 : 11;
        this.#requireInWindow();
        this.#put(this.#last(reps[0]));
        return true;
      }
      const [distance] = reps.splice(chosen, 1);
      reps.unshift(distance!);
      this.#state = state < 7 ? 8 : 11;
      this.#left = this.#length(repLengths, position);
    }
    this.#requireInWindow();
    return false;
  }

  #literal(): number {
    const { lc, lp } = this.#properties;
    const previous = this.#total > 0 ? this.#last(0) : 0;
    const context = ((this.#total & ((1 << lp) - 1)) << lc) + (previous >> (8 - lc));
    const base = literals + literalSize * context;
    let symbol = 1;
    if (this.#state >= 7) {
      this.#requireInWindow();
      let match = this.#last(this.#reps[0]);
      for (let offset = 0x100; symbol < 0x100; ) {
        match <<= 1;
        const expected = match & offset;
        const bit = this.#bit(base + offset + expected + symbol);
        symbol = (symbol << 1) | bit;
        offset &= bit ? expected : ~expected;
      }
    } else while (symbol < 0x100) symbol = (symbol << 1) | this.#bit(base + symbol);
    return symbol & 0xff;
  }

  #length(base: number, position: number): number {
    if (!this.#bit(base)) return 2 + this.#tree(base + 2 + (position << 3), 3);
    if (!this.#bit(base + 1)) return 10 + this.#tree(base + 2 + (16 << 3) + (position << 3), 3);
    return 18 + this.#tree(base + 2 + (16 << 3) * 2, 8);
  }

  /** The distance of a match, less one. */
  #distance(length: number): number {
    const slot = this.#tree(slots + (Math.min(length - 2, 3) << 6), 6);
    if (slot < 4) return slot;
    const bits = (slot >> 1) - 1;
    const base = (2 | (slot & 1)) * 2 ** bits;
    if (slot < 14) return base + this.#reverseTree(distances + base - slot, bits);
    let direct = 0;
    for (let count = bits - 4; count > 0; count--) direct = direct * 2 + this.#directBit();
    return base + direct * 16 + this.#reverseTree(alignment, 4);
  }

  #tree(base: number, bits: number): number {
    let node = 1;
    for (let count = bits; count > 0; count--) node = (node << 1) | this.#bit(base + node);
    return node - (1 << bits);
  }

  #reverseTree(base: number, bits: number): number {
    let node = 1;
    let value = 0;
    for (let shift = 0; shift < bits; shift++) {
      const bit = this.#bit(base + node);
      node = (node << 1) | bit;
      value |= bit << shift;
    }
    return value;
  }

  #bit(index: number): 0 | 1 {
    this.#normalize();
    const probability = this.#probabilities[index]!;
    const bound = (this.#range >>> 11) * probability;
    if (this.#code < bound) {
      this.#range = bound;
      this.#probabilities[index] = probability + ((2048 - probability) >> 5);
      return 0;
    }
    this.#range -= bound;
    this.#code -= bound;
    this.#probabilities[index] = probability - (probability >> 5);
    return 1;
  }

  #directBit(): 0 | 1 {
    this.#normalize();
    this.#range >>>= 1;
    if (this.#code < this.#range) return 0;
    this.#code -= this.#range;
    return 1;
  }

  #normalize(): void {
    if (this.#range >= 0x1000000) return;
    if (this.#read >= this.#input.length) throw new LzmaError("a chunk has too few bytes");
    this.#range = (this.#range << 8) >>> 0;
    this.#code = ((this.#code << 8) | this.#input[this.#read++]!) >>> 0;
  }

  /** A byte that was put: the last one at distance 0. */
  #last(distance: number): number {
    const at = this.#at - distance - 1;
    return this.#window[at < 0 ? at + this.#window.length : at]!;
  }

  #put(byte: number): number {
    this.#window[this.#at++] = byte;
    if (this.#at === this.#window.length) this.#at = 0;
    this.#total++;
    return byte;
  }

  #requireInWindow(): void {
    if (this.#reps[0] >= Math.min(this.#total, this.#window.length))
      throw new LzmaError("a match is before the data");
  }
}
