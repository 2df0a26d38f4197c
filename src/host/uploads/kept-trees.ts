import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { type UploadRecord, UploadRecordSchema } from "../../gen/slipway/state/v1/upload_record_pb.js";

/** The trees of uploads that the next host needs, as files `trees/<id>`. */
export class KeptTrees {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Opens `folder`, which no other process uses. */
  static async open(folder: string): Promise<KeptTrees> {
    const trees = join(folder, "trees");
    await mkdir(trees, { recursive: true, mode: 0o700 });
    return new KeptTrees(trees);
  }

  /** Stores an upload whose record is given in parts. Their encodings together are that of the record. */
  async put(id: string, parts: AsyncIterable<UploadRecord>): Promise<void> {
    const file = join(this.#folder, id);
    const draft = `${file}.new`;
    const handle = await open(draft, "w", 0o600);
    try {
      for await (const part of parts) await handle.appendFile(toBinary(UploadRecordSchema, part));
      // After a power failure an empty file would be an upload without files.
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, file);
  }

  /** Removes an upload, if it is there. */
  async remove(id: string): Promise<void> {
    await rm(join(this.#folder, id), { force: true });
  }

  /** Reads all uploads. Files that a killed host left incomplete are removed. */
  async *all(): AsyncGenerator<[id: string, record: UploadRecord]> {
    for (const name of await readdir(this.#folder)) {
      const record = name.endsWith(".new") ? undefined : await this.#read(name);
      if (record) yield [name, record];
      else await this.remove(name);
    }
  }

  async #read(name: string): Promise<UploadRecord | undefined> {
    const bytes = await readFile(join(this.#folder, name));
    try {
      return fromBinary(UploadRecordSchema, bytes);
    } catch {
      return undefined;
    }
  }
}
