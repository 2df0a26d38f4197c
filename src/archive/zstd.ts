import { Decompress } from "fzstd";
import { compressionUnsupported, notATar, truncated } from "./archive-errors.js";
import { ByteReader } from "./byte-reader.js";

/** Maximum window in bytes: RFC 8878 §3.1.1.1.2 recommends it for every decoder, and zstd -19 needs it. */
const maxWindow = 8 << 20;
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
    const isRun = ((bits >> 1) & 3) === 1;
    const body = await take((isRun ? 1 : size) + (last && hasChecksum ? 4 : 0));
    push(Buffer.concat([head, body]), last);
    for (const block of output.splice(0)) if (block.length > 0) yield block;
  }
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
