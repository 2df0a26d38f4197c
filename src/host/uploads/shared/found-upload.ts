import type { UploadRecord } from "../../../gen/slipway/state/v1/upload_record_pb.js";
import { mapErrors } from "../../../util/map-errors.js";
import type { ByteReader } from "./byte-reader.js";
import type { Frames } from "./frames.js";
import { SharedContents } from "./shared-contents.js";
import { uploadsUnavailable } from "./shared-store.js";

/** An upload of another host, of which no more is read than is asked for. Its errors are UPLOADS_UNAVAILABLE. */
export class FoundUpload {
  readonly #contents = new SharedContents();

  /** @param head all but the entries of its record */
  constructor(
    readonly head: UploadRecord,
    private readonly frames: Frames,
    private readonly reader: ByteReader,
  ) {}

  /** The parts of the record that have its entries. */
  parts(): AsyncIterable<UploadRecord> {
    return mapErrors(this.#parts(), uploadsUnavailable);
  }

  async *#parts(): AsyncGenerator<UploadRecord> {
    for (let left = this.head.entryCount; left > 0; ) {
      const part = await this.frames.read(this.reader);
      const count = part?.entries.length ?? 0;
      if (!part || count === 0 || count > left) throw new Error("an upload is damaged");
      left -= count;
      this.#contents.add(part);
      yield part;
    }
  }

  /** After the parts: the contents, in order; each is read to its end before the next one. */
  async *contents(): AsyncGenerator<{ digest: string; bytes: AsyncIterable<Uint8Array> }> {
    for (const [digest, size] of this.#contents)
      yield { digest, bytes: mapErrors(this.reader.next(size), uploadsUnavailable) };
  }

  /** Ends the reading. */
  close(): Promise<void> {
    return this.reader.close();
  }
}
