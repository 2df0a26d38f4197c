import { freeBytes } from "../../util/free-bytes.js";
import { notStored, writeFailed } from "./write-failed.js";

/** Writes to the store only while its disk has room. */
export class StoreWriter {
  /** @param reservedBytes free space below which nothing is added; removals need a quarter of it */
  constructor(
    readonly folder: string,
    readonly reservedBytes: number,
  ) {}

  /** Whether there is space to add anything. */
  get hasRoom(): boolean {
    return freeBytes(this.folder) >= this.reservedBytes;
  }

  /** Throws STATE_NOT_STORED unless so many bytes are free. */
  requireRoom(neededBytes = this.reservedBytes): void {
    // lmdb 3.5 corrupts its memory when a write finds the disk full, so writes stop before that.
    const free = freeBytes(this.folder);
    if (free < neededBytes)
      throw notStored(`${this.folder} has only ${Math.floor(free / 2 ** 20)} MiB of free space left`);
  }

  /** Adds or changes something. */
  put(work: () => PromiseLike<unknown>): Promise<void> {
    return this.write(work, this.reservedBytes);
  }

  /** Removes something. */
  remove(work: () => PromiseLike<unknown>): Promise<void> {
    return this.write(work, this.reservedBytes / 4);
  }

  /** Writes; rejects with STATE_NOT_STORED when that fails, or when fewer bytes are free. */
  async write(work: () => PromiseLike<unknown>, neededBytes: number): Promise<void> {
    this.requireRoom(neededBytes);
    try {
      await work();
    } catch (cause) {
      throw await writeFailed(cause);
    }
  }
}
