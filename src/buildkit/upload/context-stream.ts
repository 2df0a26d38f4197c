import { Readable } from "node:stream";
import { InputError } from "../../errors/input-error.js";
import {
  archiveHeaderBytes,
  type ContextStreamKind,
  detectContextStream,
} from "../../inputs/detect-archive.js";

/**
 * Looks at the beginning of a context from stdin and makes it one that BuildKit recognises. The stream that comes back
 * replaces the given one, which must not be used any more; it is what `Uploads.add` takes.
 *
 * Throws an {@link InputError} for zstd, which BuildKit would take for a Dockerfile; the stream is destroyed then.
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
      message: "The context is compressed with zstd, which BuildKit does not unpack",
      remedy:
        "Send it uncompressed or with gzip, bzip2 or xz, for example zstd -dc context.tar.zst | slipway build -",
    });
  }
  const start = kind === "tar" && hasExtendedHeader(head) ? Buffer.concat([ROOT_ENTRY, head]) : head;
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
 * BuildKit looks for a whole entry in the first 1024 bytes. An archive that begins with a pax header (`x`) or GNU's
 * long name (`L`) or link (`K`) has none there, and would be taken for a Dockerfile. An entry for the root in front
 * of it cures that and changes nothing.
 */
function hasExtendedHeader(head: Buffer): boolean {
  return ["x", "L", "K"].includes(String.fromCharCode(head[156]!));
}

/** The header of the directory `./` in the ustar format (POSIX.1-1988). */
const ROOT_ENTRY = (() => {
  const header = Buffer.alloc(512);
  header.write("./", 0);
  header.write(`0000755\0${"0000000\0".repeat(2)}${"00000000000\0".repeat(2)}`, 100, "latin1");
  header.write("        5", 148);
  header.write("ustar\x0000", 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return header;
})();
