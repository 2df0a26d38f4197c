import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { archiveHeaderBytes, detectContextStream } from "../inputs/detect-archive.js";
import { notATar, truncated } from "./archive-errors.js";
import { ByteReader } from "./byte-reader.js";
import { unbzip2 } from "./bzip2.js";
import { unxz } from "./xz.js";
import { unzstd } from "./zstd.js";

/** The bytes of a tar archive; compression with gzip, bzip2, xz or zstd is detected by the first bytes. */
export async function* decompress(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = new ByteReader(source);
  switch (detectContextStream(await reader.peek(archiveHeaderBytes))) {
    case "gzip":
      return yield* gunzip(reader.rest());
    case "zstd":
      return yield* unzstd(reader.rest());
    case "bzip2":
      return yield* unbzip2(reader.rest());
    case "xz":
      return yield* unxz(reader.rest());
    default:
      return yield* reader.rest();
  }
}

async function* gunzip(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  // The callback prevents an unhandled error; the iteration throws the same error.
  const unzipped = pipeline(source, createGunzip({ chunkSize: 64 << 10 }), () => {});
  try {
    yield* unzipped as AsyncIterable<Uint8Array>;
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === "Z_BUF_ERROR") throw truncated("the gzip data are incomplete");
    if (code?.startsWith("Z_")) throw notATar(`the gzip data are damaged (${message})`);
    throw cause;
  }
}
