import type { Extract } from "tar-stream";
import { drained } from "../util/drained.js";
import { mapErrors } from "../util/map-errors.js";
import { notATar, truncated } from "./archive-errors.js";
import { decompress } from "./decompress.js";
import { extractTarEntries, withNames } from "./tar-names.js";

/** One entry of a tar archive. */
export interface TarEntry {
  header: TarHeader;
  /** The content; the unread rest is skipped when the next entry is read. */
  content: AsyncIterable<Uint8Array>;
}

/**
 * The header of an entry; `name` and `linkname` are the long forms (pax, GNU) if present, with bytes that are not UTF-8 as in
 * `nameOf`.
 */
export interface TarHeader {
  name: string;
  linkname: string | null;
  /** Null for an unknown type flag. */
  type: string | null;
  mode: number;
  /** Bytes. */
  size: number;
  mtime: Date;
  /** Offset of its data in the archive. */
  byteOffset: number;
  /** The pax records of this entry. */
  pax: Record<string, string> | null;
}

const blockSize = 512;
/** Errors of tar-stream and of the entry being read when the stream ends early. */
const earlyEnds = ["Unexpected end of data", "Stream was destroyed"];

/**
 * The entries of a tar archive, uncompressed or compressed with gzip, bzip2, xz or zstd.
 *
 * The end is checked: an archive ends with at least one block of zeros, so that a stream cut between two entries is not
 * read as a smaller context. Throws typed errors for invalid and truncated archives, the source's error when that fails,
 * and the signal's reason when it aborts. Closes the source when the caller stops.
 */
export async function* tarEntries(
  source: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<TarEntry> {
  const bytes = decompress(source);
  const extract = extractTarEntries();
  const abort = () => extract.destroy(signal.reason);
  signal.addEventListener("abort", abort);
  if (signal.aborted) abort();
  const feed = new Feed();
  void feed.run(bytes, extract);
  const explained = <T>(items: AsyncIterable<T>) =>
    mapErrors(items, (cause) => (signal.aborted ? signal.reason : feed.explain(cause)));
  /** Offset of the end of the last entry. */
  let end = 0;
  try {
    for await (const entry of explained(extract)) {
      const header = withNames(entry.header) as unknown as TarHeader;
      const blocks = header.type === "directory" ? 0 : Math.ceil(header.size / blockSize);
      end = header.byteOffset + blocks * blockSize;
      yield { header, content: explained(entry as AsyncIterable<Uint8Array>) };
      entry.resume();
    }
  } finally {
    signal.removeEventListener("abort", abort);
    extract.destroy();
    // Not awaited: a source that waits for its client returns only when the call ends.
    bytes.return(undefined).catch(() => {});
  }
  if (!feed.endsWithZeros(end)) throw truncated("the archive has no end marker");
}

/** Writes the bytes to the extractor with back-pressure, and keeps the last block to check the end. */
class Feed {
  /** The last block. */
  #tail: Uint8Array = new Uint8Array(0);
  #total = 0;
  #failure: { cause: unknown } | undefined;
  #ended = false;

  /** Whether the last block is after the last entry, complete and zero, which no header is. */
  endsWithZeros(end: number): boolean {
    return (
      this.#total >= end + blockSize &&
      this.#total % blockSize === 0 &&
      this.#tail.every((byte) => byte === 0)
    );
  }

  async run(bytes: AsyncIterable<Uint8Array>, extract: Extract): Promise<void> {
    try {
      for await (const chunk of bytes) {
        this.#count(chunk);
        if (extract.destroyed) return;
        if (!extract.write(chunk)) await drained(extract);
      }
      this.#ended = true;
      extract.end(null);
    } catch (cause) {
      this.#failure = { cause };
      extract.destroy(cause as Error);
    }
  }

  /** Converts an error of the extractor into a typed error. */
  explain(cause: unknown): unknown {
    if (this.#failure) return this.#failure.cause;
    if (!(cause instanceof Error)) return cause;
    if (this.#ended && earlyEnds.includes(cause.message)) return truncated("an entry is incomplete");
    return notATar(cause.message);
  }

  #count(chunk: Uint8Array): void {
    this.#total += chunk.length;
    const tail = chunk.length >= blockSize ? chunk : Buffer.concat([this.#tail, chunk]);
    this.#tail = Uint8Array.prototype.slice.call(tail, -blockSize);
  }
}
