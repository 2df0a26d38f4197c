import type { UploadRecord } from "../../../gen/slipway/state/v1/upload_record_pb.js";
import { isUuid } from "../../../util/uuid.js";
import type { Keyring } from "../../sealing/keyring.js";
import { ByteReader } from "./byte-reader.js";
import { FoundUpload } from "./found-upload.js";
import { Frames } from "./frames.js";
import { SharedContents } from "./shared-contents.js";
import { type SharedStore, uploadsUnavailable } from "./shared-store.js";

/** The first bytes of each object, with the version of its format. */
const magic = Buffer.from("SUP2");

/**
 * Finished uploads for the other hosts, each as one object: {@link magic}, the {@link Frames} of its record, and the
 * contents of its files. With a key the record is encrypted, so that who can only write to the store cannot change what is
 * built: it has the digests of the contents.
 */
export class SharedUploads {
  readonly #store: SharedStore;
  readonly #keyring: Keyring;

  constructor(store: SharedStore, keyring: Keyring) {
    this.#store = store;
    this.#keyring = keyring;
  }

  /**
   * Stores an upload. UNAVAILABLE, reason UPLOADS_UNAVAILABLE.
   * @param parts its record: first all but the entries, and then these
   * @param read the bytes of a content
   */
  async put(
    id: string,
    parts: AsyncIterable<UploadRecord>,
    read: (digest: string) => AsyncIterable<Uint8Array>,
  ): Promise<void> {
    const frames = new Frames(id, this.#keyring);
    const contents = new SharedContents();
    async function* object(): AsyncGenerator<Uint8Array> {
      yield magic;
      for await (const part of parts) {
        contents.add(part);
        yield frames.write(part);
      }
      for (const [digest] of contents) yield* read(digest);
    }
    await this.#store.put(id, object()).catch((cause) => {
      throw uploadsUnavailable(cause);
    });
  }

  /**
   * Opens an upload and reads its owner. Undefined if there is no upload with this id, or this host cannot trust it.
   * UNAVAILABLE, reason UPLOADS_UNAVAILABLE.
   */
  async find(id: string): Promise<FoundUpload | undefined> {
    // Its name is a file's.
    if (!isUuid(id)) return undefined;
    let reader: ByteReader | undefined;
    try {
      const object = await this.#store.get(id);
      if (!object) return undefined;
      reader = new ByteReader(object);
      const frames = new Frames(id, this.#keyring);
      const head = (await reader.exactly(magic.length)).equals(magic) ? await frames.read(reader) : undefined;
      if (head) return new FoundUpload(head, frames, reader);
      await reader.close();
      return undefined;
    } catch (cause) {
      await reader?.close();
      throw uploadsUnavailable(cause);
    }
  }

  /** Removes an upload; another host may still have it. */
  async remove(id: string): Promise<void> {
    await this.#store.remove(id);
  }

  close(): void {
    this.#store.close();
  }
}
