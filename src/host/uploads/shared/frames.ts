import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { SealedBytesSchema } from "../../../gen/slipway/state/v1/restart_record_pb.js";
import { type UploadRecord, UploadRecordSchema } from "../../../gen/slipway/state/v1/upload_record_pb.js";
import type { Keyring } from "../../sealing/keyring.js";
import type { ByteReader } from "./byte-reader.js";

/** Most bytes of a frame; parts of a record are smaller. */
const maxFrameBytes = 1 << 20;

/**
 * The parts of the record of an upload, each as a frame: its length in 4 bytes, and the part. With a key a part is
 * encrypted, and opens only as the same part of the same upload.
 */
export class Frames {
  #number = 0;

  constructor(
    private readonly id: string,
    private readonly keyring: Keyring,
  ) {}

  /** The next part as a frame. */
  write(part: UploadRecord): Buffer {
    const plain = toBinary(UploadRecordSchema, part);
    const sealed = this.keyring.seal(plain, this.#place());
    const bytes = sealed
      ? toBinary(SealedBytesSchema, { $typeName: SealedBytesSchema.typeName, ...sealed })
      : plain;
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return Buffer.concat([length, bytes]);
  }

  /** Reads the next part; undefined when none of this host's keys encrypted it as this part. */
  async read(reader: ByteReader): Promise<UploadRecord | undefined> {
    const length = (await reader.exactly(4)).readUInt32BE();
    if (length > maxFrameBytes) return undefined;
    const bytes = await reader.exactly(length);
    const place = this.#place();
    if (this.keyring.ids.length === 0) return fromBinary(UploadRecordSchema, bytes);
    const opened = this.keyring.open(fromBinary(SealedBytesSchema, bytes), place);
    return opened && fromBinary(UploadRecordSchema, new Uint8Array(opened));
  }

  #place(): string[] {
    return ["upload", this.id, String(this.#number++)];
  }
}
