import { randomBytes } from "node:crypto";
import { createWriteStream, type WriteStream } from "node:fs";
import { lstat, open, realpath, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { Writable } from "node:stream";
import { finished, pipeline } from "node:stream/promises";
import { makeFolder } from "./make-folder.js";

/**
 * Writes a file atomically: to a temporary file beside it, which is renamed at the end. Missing folders are created. An
 * existing file that is not regular, such as a pipe or /dev/null, is written to directly. A link is kept, and its target
 * is written.
 */
export async function openFileSink(path: string): Promise<Writable> {
  const existing = await stat(path).catch(() => undefined);
  if (existing && !existing.isFile()) return createWriteStream(path, { flags: "w" });
  const target = existing ? await realpath(path) : path;
  if (!existing) await makeFolder(dirname(path));
  const temporary = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString("hex")}.tmp`);
  const handle = await open(temporary, "wx", existing ? existing.mode & 0o777 : 0o644);
  return new ReplacingSink(handle.createWriteStream({ highWaterMark: 1 << 20 }), temporary, target);
}

/** Writes a text atomically, like {@link openFileSink}. */
export async function writeWholeFile(path: string, text: string): Promise<void> {
  await pipeline([text], await openFileSink(path));
}

/** Removes a file if it is a regular one. */
export async function removeFile(path: string): Promise<void> {
  const existing = await lstat(path).catch(() => undefined);
  if (existing?.isFile()) await rm(path, { force: true });
}

class ReplacingSink extends Writable {
  readonly #file: WriteStream;
  readonly #temporary: string;
  readonly #path: string;
  #done = false;

  constructor(file: WriteStream, temporary: string, path: string) {
    super({ highWaterMark: 1 << 20 });
    this.#file = file;
    this.#temporary = temporary;
    this.#path = path;
    file.on("error", (error) => this.destroy(error));
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#file.write(chunk, callback);
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#file.end();
    finished(this.#file)
      .then(() => rename(this.#temporary, this.#path))
      .then(() => {
        this.#done = true;
        callback();
      }, callback);
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#file.destroy();
    const removed = this.#done ? Promise.resolve() : rm(this.#temporary, { force: true });
    removed.then(
      () => callback(error),
      (left) => callback(error ?? left),
    );
  }
}
