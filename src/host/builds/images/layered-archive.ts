import { once } from "node:events";
import { PassThrough, type Readable } from "node:stream";
import { Code } from "@connectrpc/connect";
import { pack } from "tar-stream";
import { type EntryHeader, writeEntry } from "../../../archive/write-entry.js";
import type { BlobInfo, ContentStore, Writing } from "../../../buildkit/content/content-store.js";
import { alreadyExists } from "../../../buildkit/content/ingest.js";
import { transferTooLarge } from "../../../errors/answer-too-large.js";
import { StatusError } from "../../../errors/status-error.js";
import { sha256 } from "../../../image/digest.js";
import { blobPath } from "../../../image/oci-index.js";
import { drained } from "../../../util/drained.js";
import { sizeText } from "../../../util/size-text.js";
import { StreamedBlob } from "./streamed-blob.js";

/** Blobs up to this size, in bytes, are always accepted, and kept in memory, since they may be documents. */
const documentBytes = 64 << 10;
/** All of these together, in bytes: far more than an image of many platforms has. */
const maxDocumentBytes = 32 << 20;

/** The reader of a {@link LayeredArchive}. */
export interface ArchiveReader {
  /** Called with the first blob: from now on the archive must be read. */
  onOpen(archive: Readable): void;
  /** Whether the reader lacks a blob. */
  isNeeded(digest: string): Promise<boolean>;
  /** Called with each configuration, manifest or small layer. */
  onDocument(bytes: Buffer): void;
}

/**
 * A content store that streams an image archive: a blob that BuildKit writes becomes a file of the archive, and a blob
 * that the reader already has is declined. Nothing is stored on disk. Blobs are written one at a time.
 */
export class LayeredArchive implements ContentStore {
  readonly #reader: ArchiveReader;
  readonly #pack = pack();
  readonly #bytes = new PassThrough({ highWaterMark: 1 << 20 });
  readonly #documents = new Map<string, Buffer>();
  #announcedBytes = 0;
  readonly #writing = new Map<string, Writing>();
  #isOpen = false;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(reader: ArchiveReader) {
    this.#reader = reader;
    this.#bytes.on("error", (error) => this.#pack.destroy(error));
    this.#pack.on("error", (error) => this.#bytes.destroy(error));
    this.#pack.pipe(this.#bytes);
  }

  /** A small blob, by its digest. */
  document(digest: string): Buffer | undefined {
    return this.#documents.get(digest);
  }

  /** Adds the small blobs and further files, and ends the archive. */
  async end(files: Record<string, string>): Promise<void> {
    for (const [digest, bytes] of this.#documents) await this.#add(blobPath(digest), bytes);
    for (const [name, text] of Object.entries(files)) await this.#add(name, Buffer.from(text));
    this.#pack.finalize();
  }

  async info(digest: string): Promise<BlobInfo> {
    const found = this.#documents.get(digest);
    if (found) return { digest, size: found.length, modified: new Date() };
    throw new StatusError(Code.NotFound, `content ${digest} not found`);
  }

  async *read(digest: string, offset = 0): AsyncGenerator<Uint8Array> {
    await this.info(digest);
    yield this.#documents.get(digest)!.subarray(offset);
  }

  async openIngest(ref: string, total: number, expected: string): Promise<Writing> {
    if (!this.#isOpen) {
      this.#isOpen = true;
      this.#reader.onOpen(this.#bytes);
    }
    if (this.#documents.has(expected)) throw alreadyExists(expected);
    if (total > documentBytes && !(await this.#reader.isNeeded(expected))) throw alreadyExists(expected);
    const blob =
      total > documentBytes ? await this.#file(ref, total, expected) : this.#document(ref, total, expected);
    this.#writing.set(ref, blob);
    return blob;
  }

  finish({ ref }: Writing): void {
    this.#writing.delete(ref);
  }

  ingest(ref: string): Writing {
    const blob = this.#writing.get(ref);
    if (!blob) throw new StatusError(Code.NotFound, `No blob is being written as ${ref}.`);
    return blob;
  }

  async abort(ref: string): Promise<void> {
    if (this.#writing.delete(ref)) this.#break();
  }

  async close(): Promise<void> {
    this.#break();
  }

  /** Fails the archive, so that an incomplete one is not taken for a complete one. */
  #break(): void {
    if (!this.#bytes.readableEnded) this.#bytes.destroy(new Error("The image archive is incomplete."));
  }

  #document(ref: string, total: number, expected: string): Writing {
    this.#announcedBytes += Math.max(0, total);
    if (!(this.#announcedBytes <= maxDocumentBytes))
      throw transferTooLarge("The image's documents", sizeText(maxDocumentBytes));
    const chunks: Uint8Array[] = [];
    return new StreamedBlob(ref, total, expected, {
      write: async (data) => void chunks.push(data.slice()),
      end: async () => {
        const bytes = Buffer.concat(chunks);
        const digest = sha256(bytes);
        if (digest !== expected) {
          const message = `The digest of ${ref} is ${digest}, not ${expected}.`;
          throw new StatusError(Code.FailedPrecondition, message);
        }
        this.#documents.set(digest, bytes);
        this.#reader.onDocument(bytes);
      },
      abandon: () => {},
    });
  }

  /** Begins the next file of the archive when the previous one has ended. The reader checks its digest. */
  async #file(ref: string, total: number, expected: string): Promise<Writing> {
    const endTurn = await this.#nextTurn();
    const entry = this.#openEntry({ name: blobPath(expected), size: total }, endTurn);
    return new StreamedBlob(ref, total, expected, {
      write: async (data) => {
        this.#requireIntact();
        if (!entry.write(data)) await this.#orBroken(drained(entry));
      },
      end: async () => {
        const ended = once(entry, "finish");
        entry.end(undefined);
        await this.#orBroken(ended);
        endTurn();
      },
      abandon: () => {
        this.#break();
        endTurn();
      },
    });
  }

  #openEntry(header: EntryHeader, endTurn: () => void) {
    try {
      this.#requireIntact();
      // The archive fails with an error of the entry.
      return this.#pack.entry(header).on("error", () => {});
    } catch (cause) {
      endTurn();
      throw cause;
    }
  }

  /** Waits until the previous file has ended; the caller ends its own turn. */
  async #nextTurn(): Promise<() => void> {
    const previous = this.#turn;
    let endTurn = () => {};
    this.#turn = new Promise<void>((resolve) => {
      endTurn = resolve;
    });
    await previous;
    return endTurn;
  }

  async #add(name: string, bytes: Buffer): Promise<void> {
    this.#requireIntact();
    await this.#orBroken(writeEntry(this.#pack, { name, size: bytes.length }, [bytes]));
  }

  async #orBroken<T>(work: Promise<T>): Promise<void> {
    work.catch(() => {});
    // The work on an archive that was closed before may never settle.
    this.#requireIntact();
    const over = new AbortController();
    const broken = once(this.#bytes, "close", { signal: over.signal }).catch(() => {});
    await Promise.race([work, broken]);
    over.abort();
    this.#requireIntact();
  }

  #requireIntact(): void {
    if (!this.#bytes.destroyed) return;
    throw this.#bytes.errored ?? new StatusError(Code.Aborted, "The image archive was closed.");
  }
}
