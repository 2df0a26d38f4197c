import { constants } from "node:fs";
import { type FileHandle, open, rm } from "node:fs/promises";
import type { Stat } from "../../gen/fsutil/types/wire_pb.js";
import { toPosixPermissions } from "../../inputs/files/file-mode.js";
import { isThere, moveOver, seconds, temporaryName } from "./place.js";

/** A file whose content arrives in parts. Parts are written in the order given, without waiting for each other. */
export class IncomingFile {
  #opened: Promise<FileHandle> | undefined;
  #written: Promise<void> = Promise.resolve();
  /** The final name, unless something is there, which is only replaced by a complete file. */
  #name: string;

  constructor(
    private readonly target: string,
    private readonly stat: Stat,
    private readonly onEnd: () => void,
  ) {
    this.#name = target;
  }

  /** Appends a part. */
  write(data: Uint8Array): Promise<void> {
    return this.#next(async (file) => {
      for (let written = 0; written < data.length; ) {
        written += (await file.write(data, written)).bytesWritten;
      }
    });
  }

  /** Puts the complete file in its place, with its mode and time. */
  finish(): Promise<void> {
    return this.#next(async (file) => {
      await file.chmod(toPosixPermissions(this.stat.mode));
      await file.utimes(seconds(this.stat), seconds(this.stat));
      await file.close();
      this.#opened = undefined;
      if (this.#name !== this.target) await moveOver(this.#name, this.target);
      this.onEnd();
    });
  }

  /** Removes what was written. */
  async abort(): Promise<void> {
    await this.#written.catch(() => {});
    this.onEnd();
    const file = await this.#opened?.catch(() => undefined);
    if (!file) return;
    await file.close();
    await rm(this.#name, { force: true });
  }

  #next(step: (file: FileHandle) => Promise<void>): Promise<void> {
    this.#written = this.#written.then(async () => {
      this.#opened ??= this.#create();
      await step(await this.#opened);
    });
    return this.#written;
  }

  async #create(): Promise<FileHandle> {
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
    try {
      return await open(this.target, flags, 0o600);
    } catch (error) {
      if (!isThere(error)) throw error;
      this.#name = temporaryName(this.target);
      return await open(this.#name, flags, 0o600);
    }
  }
}
