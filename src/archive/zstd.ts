import { Decompress } from "fzstd";
import { compressionUnsupported, notATar, truncated } from "./archive-errors.js";
import { ByteReader } from "./byte-reader.js";

/** Maximum window in bytes: RFC 8878 §3.1.1.1.2 recommends it for every decoder, and zstd -19 needs it. */
const maxWindow = 8 << 20;
/** Kinds of blocks and of literals in them. */
const runBlock = 1;
const compressedBlock = 2;
const compressedLiterals = 2;
/** Maximum block size of the format, in bytes (RFC 8878 §3.1.1.2.4). */
const maxBlock = 128 << 10;

/**
 * Decompresses zstd.
 *
 * The decoder gets one block at a time, so that memory is limited to one window and one block at any compression ratio,
 * and the source is read with back-pressure.
 */
export async function* unzstd(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = new ByteReader(source);
  const take = async (length: number) => {
    const bytes = Buffer.from(await reader.take(length));
    if (bytes.length < length) throw truncated("the zstd data are incomplete");
    return bytes;
  };
  try {
    while ((await reader.peek(1)).length > 0) {
      const magic = (await take(4)).readUInt32LE();
      if (magic >>> 4 === 0x184d2a5) {
        for (let left = (await take(4)).readUInt32LE(); left > 0; left -= Math.min(left, maxBlock))
          await take(Math.min(left, maxBlock));
      } else if (magic === 0xfd2fb528) yield* frame(take);
      else throw notATar("the zstd data are damaged");
    }
  } finally {
    await reader.close();
  }
}

async function* frame(take: (length: number) => Promise<Buffer>): AsyncGenerator<Uint8Array> {
  const descriptor = (await take(1))[0]!;
  const singleSegment = (descriptor & 0x20) !== 0;
  const hasChecksum = (descriptor & 0x04) !== 0;
  if ((descriptor & 0x03) !== 0) throw compressionUnsupported("zstd with a dictionary");
  const sizeBytes = [singleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6]!;
  const header = await take((singleSegment ? 0 : 1) + sizeBytes);
  if (windowOf(header, singleSegment, sizeBytes) > maxWindow)
    throw compressionUnsupported(`zstd with a window above ${maxWindow >> 20} MiB`);

  const output: Uint8Array[] = [];
  const decoder = new Decompress((data) => output.push(data));
  const push = (bytes: Uint8Array, last: boolean) => {
    try {
      decoder.push(bytes, last);
    } catch (cause) {
      throw notATar(`the zstd data are damaged (${(cause as Error).message})`);
    }
  };
  push(Buffer.from([0x28, 0xb5, 0x2f, 0xfd, descriptor, ...header]), false);
  for (let last = false; !last; ) {
    const head = await take(3);
    const bits = head.readUIntLE(0, 3);
    last = (bits & 1) === 1;
    const size = bits >> 3;
    if (size > maxBlock) throw notATar("the zstd data are damaged (block too large)");
    const kind = (bits >> 1) & 3;
    const body = await take((kind === runBlock ? 1 : size) + (last && hasChecksum ? 4 : 0));
    if (kind === compressedBlock && hasEndlessWeights(body))
      throw notATar("the zstd data are damaged (weights without an end)");
    push(Buffer.concat([head, body]), last);
    for (const block of output.splice(0)) if (block.length > 0) yield block;
  }
}

/**
 * Whether the weights of a block's Huffman tree are coded by a table with a single value: each then takes no bits, and
 * fzstd reads them for ever. No encoder makes such a table. RFC 8878 §3.1.1.3.1.1 and §4.1.1.
 */
function hasEndlessWeights(block: Uint8Array): boolean {
  const [first = 0] = block;
  if ((first & 3) !== compressedLiterals) return false;
  const tree = [3, 3, 4, 5][(first >> 2) & 3]!;
  const isCoded = (block[tree] ?? 128) < 128;
  if (!isCoded) return false;
  let at = (tree + 1) * 8;
  const peek = (width: number) => {
    const byte = at >> 3;
    const word = (block[byte] ?? 0) | ((block[byte + 1] ?? 0) << 8) | ((block[byte + 2] ?? 0) << 16);
    return (word >> (at & 7)) & ((1 << width) - 1);
  };
  const states = 1 << (peek(4) + 5);
  at += 4;
  for (let left = states; left > 0 && at < block.length * 8; ) {
    const width = Math.floor(Math.log2(left + 1));
    const short = (1 << (width + 1)) - 2 - left;
    const low = peek(width);
    const isShort = low < short;
    let value = isShort ? low : peek(width + 1);
    if (!isShort && value >= 1 << width) value -= short;
    at += isShort ? width : width + 1;
    const probability = value - 1;
    if (probability === states) return true;
    left -= Math.abs(probability);
    if (probability !== 0) continue;
    // The number of further values with a probability of 0, in parts of 2 bits; a part of 3 continues.
    let repeats = 3;
    for (; repeats === 3 && at < block.length * 8; at += 2) repeats = peek(2);
  }
  return false;
}

/** The window that a frame needs, in bytes; a single-segment frame needs its whole content. */
function windowOf(header: Buffer, singleSegment: boolean, sizeBytes: number): number {
  if (!singleSegment) {
    const base = 2 ** (10 + (header[0]! >> 3));
    return base + (base / 8) * (header[0]! & 7);
  }
  if (sizeBytes === 8) return Number(header.readBigUInt64LE());
  return header.readUIntLE(0, sizeBytes) + (sizeBytes === 2 ? 256 : 0);
}
