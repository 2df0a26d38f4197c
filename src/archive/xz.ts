import { createHash } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { crc32 } from "node:zlib";
import { compressionUnsupported, notATar, truncated } from "./archive-errors.js";
import { ByteReader } from "./byte-reader.js";
import { Crc64 } from "./crc64.js";
import { LzmaDecoder, LzmaError } from "./lzma.js";

/** Maximum window in bytes, that of xz -9. */
const maxWindow = 64 << 20;
/** Size of the chunks of output, in bytes. */
const chunkBytes = 64 << 10;
const magic = Buffer.from("fd377a585a00", "hex");
/** Sizes of the checksums by their number, in bytes. */
const checkSizes = [0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64];

/** Sizes of the blocks of a stream, which its index repeats. */
interface Totals {
  blocks: number;
  unpadded: number;
  unpacked: number;
}

/**
 * Decompresses xz, also of several streams one after the other, and verifies its checksums. Memory is limited to one
 * window and one chunk at any compression ratio.
 */
export async function* unxz(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = new CountingReader(source);
  const decoders = new Decoders();
  try {
    do yield* stream(reader, decoders);
    while (await reader.skipPadding());
  } catch (cause) {
    if (cause instanceof LzmaError) throw damaged(cause.message);
    throw cause;
  } finally {
    await reader.close();
  }
}

async function* stream(reader: CountingReader, decoders: Decoders): AsyncGenerator<Uint8Array> {
  const header = await reader.take(12);
  if (!header.subarray(0, 6).equals(magic)) throw damaged("no header");
  const flags = header.subarray(6, 8);
  if (flags[0] !== 0 || flags[1]! > 15) throw compressionUnsupported("a newer form of xz");
  requireCrc(flags, header.readUInt32LE(8));
  const totals: Totals = { blocks: 0, unpadded: 0, unpacked: 0 };
  for (;;) {
    const start = reader.count;
    const [size = 0] = await reader.take(1);
    if (size === 0) {
      const bytes = await index(reader, totals, start);
      const footer = await reader.take(12);
      requireCrc(footer.subarray(4, 10), footer.readUInt32LE(0));
      const isOurs = footer.subarray(8, 10).equals(flags) && footer.subarray(10).equals(Buffer.from("YZ"));
      if (!isOurs || (footer.readUInt32LE(4) + 1) * 4 !== bytes) throw damaged("its end differs");
      return;
    }
    yield* block(reader, decoders, { first: size, check: flags[1]! }, totals);
  }
}

async function* block(
  reader: CountingReader,
  decoders: Decoders,
  { first, check }: { first: number; check: number },
  totals: Totals,
): AsyncGenerator<Uint8Array> {
  const size = (first + 1) * 4;
  const header = Buffer.concat([Buffer.from([first]), await reader.take(size - 1)]);
  requireCrc(header.subarray(0, -4), header.readUInt32LE(size - 4));
  const { windowBytes, packed, unpacked } = readBlockHeader(header.subarray(1, -4));
  const start = reader.count;
  const sum = checksum(check);
  let bytes = 0;
  for await (const chunk of lzma2(reader, decoders.withWindow(windowBytes))) {
    sum?.update(chunk);
    bytes += chunk.length;
    yield chunk;
  }
  const packedBytes = reader.count - start;
  if ((packed ?? packedBytes) !== packedBytes || (unpacked ?? bytes) !== bytes)
    throw damaged("a block has another size");
  await reader.takeZeros(-packedBytes & 3);
  const expected = await reader.take(checkSizes[check]!);
  if (sum && !sum.digest().equals(expected)) throw damaged("a checksum differs");
  totals.blocks += 1;
  totals.unpadded += size + packedBytes + expected.length;
  totals.unpacked += bytes;
}

/** What the header of a block says, without its size and its checksum. */
function readBlockHeader(bytes: Buffer): { windowBytes: number; packed?: number; unpacked?: number } {
  const fields = new Fields(bytes);
  const flags = fields.byte();
  if ((flags & 0x3f) !== 0) throw compressionUnsupported("xz with a filter beside LZMA2");
  const packed = flags & 0x40 ? fields.number() : undefined;
  const unpacked = flags & 0x80 ? fields.number() : undefined;
  if (fields.number() !== 0x21 || fields.number() !== 1) throw compressionUnsupported("xz without LZMA2");
  const bits = fields.byte();
  // 2 or 3, times a power of two.
  const windowBytes = (2 | (bits & 1)) * 2 ** ((bits >> 1) + 11);
  if (windowBytes > maxWindow) throw compressionUnsupported(`xz with a window above ${maxWindow >> 20} MiB`);
  fields.requireZeros();
  return { windowBytes, packed, unpacked };
}

/** The chunks of a block. */
async function* lzma2(reader: CountingReader, decoder: LzmaDecoder): AsyncGenerator<Uint8Array> {
  /** What the next chunk has to bring: 2 a window and properties, 1 properties. */
  let missing = 2;
  for (;;) {
    const [control = 0] = await reader.take(1);
    if (control === 0) return;
    if (control > 2 && control < 0x80) throw damaged("an unknown chunk");
    const isPacked = control >= 0x80;
    const reset = isPacked ? (control >> 5) & 3 : 0;
    if (control === 1 || reset === 3) {
      decoder.emptyWindow();
      missing = 1;
    } else if (missing === 2) throw damaged("the first chunk has no window");
    const low = (await reader.take(2)).readUInt16BE();
    if (!isPacked) {
      const bytes = await reader.take(low + 1);
      decoder.copy(bytes);
      yield bytes;
      continue;
    }
    const packed = (await reader.take(2)).readUInt16BE() + 1;
    if (reset >= 2) {
      decoder.resetState(readProperties((await reader.take(1))[0]!));
      missing = 0;
    } else if (missing > 0) throw damaged("a chunk has no properties");
    else if (reset === 1) decoder.resetState();
    decoder.begin(await reader.take(packed));
    for (let left = ((control & 0x1f) << 16) + low + 1; left > 0; left -= Math.min(left, chunkBytes)) {
      yield decoder.decode(Math.min(left, chunkBytes));
      // A chunk may be 2 MiB of output, and others wait for the thread.
      await setImmediate();
    }
    decoder.end();
  }
}

function readProperties(byte: number) {
  const [lc, lp, pb] = [byte % 9, Math.floor(byte / 9) % 5, Math.floor(byte / 45)];
  if (pb > 4 || lc + lp > 4) throw damaged("its properties are wrong");
  return { lc, lp, pb };
}

/** Reads the index of a stream, and returns its size in bytes. */
async function index(reader: CountingReader, totals: Totals, start: number): Promise<number> {
  let crc = crc32(Buffer.alloc(1));
  const take = async (length: number) => {
    const bytes = await reader.take(length);
    crc = crc32(bytes, crc);
    return bytes;
  };
  const number = async () => {
    const bytes: number[] = [];
    do bytes.push((await take(1))[0]!);
    while (bytes.at(-1)! >= 0x80 && bytes.length < 9);
    return new Fields(Buffer.from(bytes)).number();
  };
  const found: Totals = { blocks: await number(), unpadded: 0, unpacked: 0 };
  if (found.blocks !== totals.blocks) throw damaged("its index differs");
  for (let record = 0; record < found.blocks; record++) {
    found.unpadded += await number();
    found.unpacked += await number();
  }
  if (found.unpadded !== totals.unpadded || found.unpacked !== totals.unpacked)
    throw damaged("its index differs");
  if ((await take(-(reader.count - start) & 3)).some((byte) => byte !== 0))
    throw damaged("its index differs");
  if ((await reader.take(4)).readUInt32LE() !== crc) throw damaged("a checksum differs");
  return reader.count - start;
}

/** The checksum with a number; undefined for none, and for one that nobody uses. */
function checksum(check: number): { update(bytes: Uint8Array): unknown; digest(): Buffer } | undefined {
  if (check === 4) return new Crc64();
  if (check === 10) return createHash("sha256");
  if (check !== 1) return undefined;
  let value = 0;
  return {
    update: (bytes) => {
      value = crc32(bytes, value);
    },
    digest: () => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32LE(value);
      return bytes;
    },
  };
}

function requireCrc(bytes: Uint8Array, expected: number): void {
  if (crc32(bytes) !== expected) throw damaged("a checksum differs");
}

function damaged(why: string) {
  return notATar(`the xz data are damaged (${why})`);
}

/** Reads the fields of a header. */
class Fields {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw damaged("a header ends early");
    return byte;
  }

  /** A number of up to nine bytes of seven bits, the lowest first. */
  number(): number {
    let value = 0;
    for (let place = 0; place < 9; place++) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** (7 * place);
      if (byte < 0x80) return value;
    }
    throw damaged("a number is too long");
  }

  requireZeros(): void {
    if (this.#bytes.subarray(this.#at).some((byte) => byte !== 0)) throw damaged("a header is too long");
  }
}

/** Keeps the decoder for the next block: a window is large, and blocks may be small and many. */
class Decoders {
  #decoder: LzmaDecoder | undefined;

  withWindow(bytes: number): LzmaDecoder {
    if (!this.#decoder || this.#decoder.windowBytes < bytes) this.#decoder = new LzmaDecoder(bytes);
    return this.#decoder;
  }
}

/** Reads exact numbers of bytes, and counts them. */
class CountingReader {
  readonly #reader: ByteReader;
  count = 0;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#reader = new ByteReader(source);
  }

  async take(length: number): Promise<Buffer> {
    const bytes = Buffer.from(await this.#reader.take(length));
    if (bytes.length < length) throw truncated("the xz data are incomplete");
    this.count += length;
    return bytes;
  }

  async takeZeros(length: number): Promise<void> {
    if ((await this.take(length)).some((byte) => byte !== 0)) throw damaged("its padding is not empty");
  }

  /** Skips what may be between streams; false at the end of the data. */
  async skipPadding(): Promise<boolean> {
    for (;;) {
      const next = await this.#reader.peek(1);
      if (next.length === 0) return false;
      if (next[0] !== 0) return true;
      await this.takeZeros(4);
    }
  }

  close(): Promise<void> {
    return this.#reader.close();
  }
}
