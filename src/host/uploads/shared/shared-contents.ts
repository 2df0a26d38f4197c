import type { UploadRecord } from "../../../gen/slipway/state/v1/upload_record_pb.js";

/** The distinct contents of the files of an upload, digest and size in bytes, in the order in which they are stored. */
export class SharedContents implements Iterable<[digest: string, size: number]> {
  readonly #sizes = new Map<string, number>();

  /** Adds those of one part of its record. */
  add({ entries }: UploadRecord): void {
    for (const { kind } of entries)
      if (kind.case === "file" && !this.#sizes.has(kind.value.digest))
        this.#sizes.set(kind.value.digest, Number(kind.value.size));
  }

  [Symbol.iterator](): Iterator<[digest: string, size: number]> {
    return this.#sizes.entries();
  }
}
