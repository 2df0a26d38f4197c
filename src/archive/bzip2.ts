import { setImmediate } from "node:timers/promises";
import { notATar, truncated } from "./archive-errors.js";
import { ByteReader } from "./byte-reader.js";

/** More than the compressed size of any block, in bytes: 900 000 symbols of at most 20 bits, and its tables. */
const maxBlockBytes = 2_400_000;
/** Size of the chunks of output, in bytes. */
const chunkBytes = 64 << 10;
/** Symbols of one Huffman table before the next selector. */
const groupSymbols = 50;
const maxCodeLength = 20;

/**
 * Decompresses bzip2, also of several streams one after the other. One block at a time is decoded, so that memory is
 * limited to 10 MB at any compression ratio.
 */
export async function* unbzip2(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = new ByteReader(source);
  /** Size of the blocks of the stream in 100 000 bytes; 0 between streams. */
  let level = 0;
  let combined = 0;
  /** Bits of the first byte that the last block used. */
  let used = 0;
  try {
    for (;;) {
      const bits = new Bits(await reader.peek(maxBlockBytes), used);
      if (level === 0) {
        if (bits.isAtEnd) return;
        if (bits.read(24) !== 0x425a68) throw damaged("no header");
        level = bits.read(8) - 0x30;
        if (level < 1 || level > 9) throw damaged("no header");
        combined = 0;
      }
      const kind = bits.read(24) * 0x1000000 + bits.read(24);
      const checksum = bits.read(16) * 0x10000 + bits.read(16);
      if (kind === 0x314159265359) {
        const sum = yield* outputOf(decodeBlock(bits, level * 100_000));
        if (sum !== checksum) throw damaged("a wrong checksum");
        combined = (((combined << 1) | (combined >>> 31)) ^ checksum) >>> 0;
      } else if (kind === 0x177245385090) {
        if (combined !== checksum) throw damaged("a wrong checksum");
        bits.align();
        level = 0;
      } else throw damaged("no block");
      await reader.take(bits.position >>> 3);
      used = bits.position & 7;
      // A block takes long enough that other work of the process must get its turn.
      await setImmediate();
    }
  } finally {
    await reader.close();
  }
}

/** Reads bits, the highest of a byte first. */
class Bits {
  position: number;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array, position: number) {
    this.#bytes = bytes;
    this.position = position;
  }

  get isAtEnd(): boolean {
    return this.position >>> 3 >= this.#bytes.length;
  }

  /** The next bits, at most 24. */
  read(count: number): number {
    const shown = this.peek(count);
    this.skip(count);
    return shown;
  }

  /** The next bits, at most 24, without reading them; zeros after the end. */
  peek(count: number): number {
    const at = this.position >>> 3;
    const bytes = this.#bytes;
    const word = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
    return (word << (this.position & 7)) >>> (32 - count);
  }

  skip(count: number): void {
    this.position += count;
    if (this.position > this.#bytes.length * 8) throw truncated("the bzip2 data are incomplete");
  }

  align(): void {
    this.position = (this.position + 7) & ~7;
  }
}

/** A decoded block before its first transformation is undone. */
interface Block {
  /** For each place the byte, and above it the next place. */
  places: Uint32Array;
  length: number;
  origin: number;
}

function decodeBlock(bits: Bits, maxLength: number): Block {
  if (bits.read(1) === 1) throw damaged("randomized blocks, which no program writes");
  const origin = bits.read(24);
  const recent = usedBytes(bits);
  const codes = readCodes(bits, recent.length + 2);
  const places = new Uint32Array(maxLength);
  const counts = new Uint32Array(256);
  const end = recent.length + 1;
  let length = 0;
  let run = 0;
  let runBit = 1;
  const add = (byte: number, count: number) => {
    if (length + count > maxLength) throw damaged("too long a block");
    places.fill(byte, length, length + count);
    counts[byte]! += count;
    length += count;
  };
  for (let symbol = codes.next(); ; symbol = codes.next()) {
    if (symbol <= 1) {
      if (run > maxLength) throw damaged("too long a block");
      run += runBit << symbol;
      runBit <<= 1;
      continue;
    }
    if (run > 0) add(recent[0]!, run);
    run = 0;
    runBit = 1;
    if (symbol === end) break;
    const byte = recent[symbol - 1]!;
    recent.copyWithin(1, 0, symbol - 1);
    recent[0] = byte;
    if (length === maxLength) throw damaged("too long a block");
    places[length++] = byte;
    counts[byte]!++;
  }
  if (origin >= length) throw damaged("a wrong origin");
  let sum = 0;
  const starts = counts.map((count) => {
    sum += count;
    return sum - count;
  });
  for (let at = 0; at < length; at++) places[starts[places[at]! & 0xff]!++]! |= at << 8;
  return { places, length, origin };
}

/** The bytes that occur in a block, in order. */
function usedBytes(bits: Bits): Uint8Array {
  const ranges = bits.read(16);
  const bytes: number[] = [];
  for (let range = 0; range < 16; range++) {
    if (((ranges >>> (15 - range)) & 1) === 0) continue;
    const members = bits.read(16);
    for (let member = 0; member < 16; member++)
      if ((members >>> (15 - member)) & 1) bytes.push(range * 16 + member);
  }
  if (bytes.length === 0) throw damaged("a block without bytes");
  return Uint8Array.from(bytes);
}

/** Reads the Huffman tables of a block. The result reads its symbols. */
function readCodes(bits: Bits, symbolCount: number): { next(): number } {
  const tableCount = bits.read(3);
  const selectorCount = bits.read(15);
  if (tableCount < 2 || tableCount > 6 || selectorCount === 0) throw damaged("wrong tables");
  const recent = Array.from({ length: tableCount }, (_, index) => index);
  const selectors = Array.from({ length: selectorCount }, () => {
    let index = 0;
    while (bits.read(1) === 1) if (++index >= tableCount) throw damaged("wrong tables");
    const [table = 0] = recent.splice(index, 1);
    recent.unshift(table);
    return table;
  });
  const tables = recent.map(() => new Huffman(bits, symbolCount));
  let group = -1;
  let left = 0;
  let table!: Huffman;
  return {
    next() {
      if (left === 0) {
        const selector = selectors[++group];
        if (selector === undefined) throw damaged("too few tables");
        table = tables[selector]!;
        left = groupSymbols;
      }
      left--;
      return table.next();
    },
  };
}

/** A canonical Huffman code. */
class Huffman {
  readonly #bits: Bits;
  /** The symbols in the order of their codes. */
  readonly #symbols: number[];
  /** For each length: how many symbols have it. */
  readonly #counts = new Uint32Array(maxCodeLength + 1);

  constructor(bits: Bits, symbolCount: number) {
    this.#bits = bits;
    let length = bits.read(5);
    const lengths = Array.from({ length: symbolCount }, () => {
      for (;;) {
        if (length < 1 || length > maxCodeLength) throw damaged("wrong tables");
        if (bits.read(1) === 0) return length;
        length += bits.read(1) === 0 ? 1 : -1;
      }
    });
    for (const each of lengths) this.#counts[each]!++;
    this.#symbols = lengths.map((_, symbol) => symbol).sort((a, b) => lengths[a]! - lengths[b]! || a - b);
  }

  next(): number {
    const ahead = this.#bits.peek(maxCodeLength);
    let first = 0;
    let index = 0;
    for (let length = 1; length <= maxCodeLength; length++) {
      const place = (ahead >>> (maxCodeLength - length)) - first;
      const count = this.#counts[length]!;
      if (place < count) {
        this.#bits.skip(length);
        return this.#symbols[index + place]!;
      }
      index += count;
      first = (first + count) << 1;
    }
    throw damaged("wrong tables");
  }
}

/** The bytes of a block in chunks. Returns its checksum. */
function* outputOf({ places, length, origin }: Block): Generator<Uint8Array, number> {
  let chunk = new Uint8Array(chunkBytes);
  let size = 0;
  let sum = 0xffffffff;
  let place = places[origin]! >>> 8;
  let last = -1;
  let same = 0;
  for (let left = length; left > 0; left--) {
    const entry = places[place]!;
    const byte = entry & 0xff;
    place = entry >>> 8;
    // After four equal bytes comes the number of further ones.
    const isCount = same === 4;
    const value = isCount ? last : byte;
    for (let count = isCount ? byte : 1; count > 0; count--) {
      sum = (sum << 8) ^ crcTable[((sum >>> 24) ^ value) & 0xff]!;
      chunk[size++] = value;
      if (size < chunkBytes) continue;
      yield chunk;
      chunk = new Uint8Array(chunkBytes);
      size = 0;
    }
    same = isCount ? 0 : byte === last ? same + 1 : 1;
    last = isCount ? -1 : byte;
  }
  if (size > 0) yield chunk.subarray(0, size);
  return ~sum >>> 0;
}

/** CRC-32 with the highest bit first. */
const crcTable = Int32Array.from({ length: 256 }, (_, byte) => {
  let sum = byte << 24;
  for (let bit = 0; bit < 8; bit++) sum = sum < 0 ? (sum << 1) ^ 0x04c11db7 : sum << 1;
  return sum;
});

function damaged(what: string) {
  return notATar(`the bzip2 data are damaged (${what})`);
}
