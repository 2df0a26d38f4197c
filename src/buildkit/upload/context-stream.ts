import { Readable } from "node:stream";
import { InputError } from "../../errors/input-error.js";
import {
  archiveHeaderBytes,
  type ContextStreamKind,
  detectContextStream,
} from "../../inputs/detect-archive.js";

/**
 * Detects the kind of a context from stdin and ensures that BuildKit recognises it. The returned stream, for
 * `Uploads.add`, replaces the given one, which must not be used any more.
 *
 * For zstd, which BuildKit would treat as a Dockerfile, destroys the stream and throws an {@link InputError}.
 */
export async function openContextStream(
  stream: Readable,
): Promise<{ kind: Exclude<ContextStreamKind, "zstd">; stream: Readable }> {
  const head = await readHead(stream);
  const kind = detectContextStream(head);
  if (kind === "zstd") {
    stream.destroy();
    throw new InputError({
      reason: "CONTEXT_COMPRESSION_UNSUPPORTED",
      field: "context",
      message: "The context is compressed with zstd, which BuildKit does not unpack.",
      remedy: "Send it uncompressed, or compressed with gzip, bzip2 or xz.",
    });
  }
  const start = kind === "tar" && hasExtendedHeader(head) ? Buffer.concat([rootEntry, head]) : head;
  if (stream.readableEnded) return { kind, stream: Readable.from([start]) };
  stream.unshift(start);
  return { kind, stream };
}

async function readHead(stream: Readable): Promise<Buffer> {
  let head = Buffer.alloc(0);
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    head = Buffer.concat([head, chunk]);
    if (head.length >= archiveHeaderBytes) break;
  }
  return head;
}

/**
 * Whether an archive begins with a pax header (`x`) or GNU's long name (`L`) or link (`K`). BuildKit looks for a
 * complete entry in the first 1024 bytes; without one it treats the archive as a Dockerfile. An entry for the root is
 * then put in front of the archive, which changes nothing else.
 */
function hasExtendedHeader(head: Buffer): boolean {
  return ["x", "L", "K"].includes(String.fromCharCode(head[156]!));
}

/** The header of the directory `./` in the ustar format (POSIX.1-1988). */
const rootEntry = (() => {
  const header = Buffer.alloc(512);
  header.write("./", 0);
  header.write(`0000755\0${"0000000\0".repeat(2)}${"00000000000\0".repeat(2)}`, 100, "latin1");
  header.write("        5", 148);
  header.write("ustar\x0000", 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return header;
})();
