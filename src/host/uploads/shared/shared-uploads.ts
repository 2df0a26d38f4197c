import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { SealedBytesSchema } from "../../../gen/slipway/state/v1/restart_record_pb.js";
import { type UploadRecord, UploadRecordSchema } from "../../../gen/slipway/state/v1/upload_record_pb.js";
import { mapErrors } from "../../../util/map-errors.js";
import { isUuid } from "../../../util/uuid.js";
import type { Keyring } from "../../sealing/keyring.js";
import { ByteReader } from "./byte-reader.js";
import { type SharedStore, uploadsUnavailable } from "./shared-store.js";

/** Longest description of an upload, in bytes. */
const maxRecordBytes = 128 << 20;

/** A distinct content of an upload. */
export interface SharedContent {
  digest: string;
  size: number;
}

/** An upload of another host. */
export interface FoundUpload {
  readonly record: UploadRecord;
  /** Its contents, in order; each is read to its end before the next one. */
  contents(): AsyncGenerator<SharedContent & { bytes: AsyncIterable<Uint8Array> }>;
  /** Ends the reading. */
  close(): Promise<void>;
}

/**
 * Finished uploads for the other hosts, each as one object: the length of its description in 4 bytes, the description, and
 * the contents of its files. With a key the description is encrypted, so that who can only write to the store cannot change
 * what is built: it has the digests of the contents.
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
   * @param read the bytes of a content
   */
  async put(
    id: string,
    record: UploadRecord,
    read: (content: SharedContent) => AsyncIterable<Uint8Array>,
  ): Promise<void> {
    const plain = toBinary(UploadRecordSchema, record);
    const sealed = this.#keyring.seal(plain, placeOf(id));
    const description = sealed
      ? toBinary(SealedBytesSchema, { $typeName: SealedBytesSchema.typeName, ...sealed })
      : plain;
    const length = Buffer.alloc(4);
    length.writeUInt32BE(description.length);
    async function* object(): AsyncGenerator<Uint8Array> {
      yield length;
      yield description;
      for (const content of contentsOf(record)) yield* read(content);
    }
    await this.#store.put(id, object()).catch((cause) => {
      throw uploadsUnavailable(cause);
    });
  }

  /** An upload; undefined when there is none that this host may trust. UNAVAILABLE, reason UPLOADS_UNAVAILABLE. */
  async find(id: string): Promise<FoundUpload | undefined> {
    // Its name is a file's.
    if (!isUuid(id)) return undefined;
    let reader: ByteReader | undefined;
    try {
      const object = await this.#store.get(id);
      if (!object) return undefined;
      reader = new ByteReader(object);
      const length = (await reader.exactly(4)).readUInt32BE();
      const record = length <= maxRecordBytes ? this.#open(id, await reader.exactly(length)) : undefined;
      if (record) return foundUpload(record, reader);
      await reader.close();
      return undefined;
    } catch (cause) {
      await reader?.close();
      throw uploadsUnavailable(cause);
    }
  }

  #open(id: string, description: Uint8Array): UploadRecord | undefined {
    if (this.#keyring.ids.length === 0) return fromBinary(UploadRecordSchema, description);
    const opened = this.#keyring.open(fromBinary(SealedBytesSchema, description), placeOf(id));
    return opened && fromBinary(UploadRecordSchema, new Uint8Array(opened));
  }

  /** Removes an upload; another host may still have it. */
  async remove(id: string): Promise<void> {
    await this.#store.remove(id);
  }

  close(): void {
    this.#store.close();
  }
}

function foundUpload(record: UploadRecord, reader: ByteReader): FoundUpload {
  return {
    record,
    async *contents() {
      for (const content of contentsOf(record))
        yield { ...content, bytes: mapErrors(reader.next(content.size), uploadsUnavailable) };
    },
    close: () => reader.close(),
  };
}

/** The distinct contents of an upload, in the order of its entries. */
export function contentsOf({ entries }: UploadRecord): SharedContent[] {
  const found = new Map<string, SharedContent>();
  for (const { kind } of entries)
    if (kind.case === "file" && !found.has(kind.value.digest))
      found.set(kind.value.digest, { digest: kind.value.digest, size: Number(kind.value.size) });
  return [...found.values()];
}

const placeOf = (id: string) => ["upload", id];
