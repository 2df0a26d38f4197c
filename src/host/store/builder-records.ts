import { createHash } from "node:crypto";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import type { Database, RootDatabase } from "lmdb";
import { type BuilderRecord, BuilderRecordSchema } from "../../gen/slipway/state/v1/builder_record_pb.js";
import type { StoreWriter } from "./store-writer.js";

/** The records of builders, each with its encrypted values in a form that the caller chooses. */
export class BuilderRecords {
  readonly #root: RootDatabase;
  readonly #writer: StoreWriter;
  readonly #builders: Database<Uint8Array, string>;
  readonly #sealed: Database<string, string>;

  constructor(root: RootDatabase, writer: StoreWriter) {
    this.#root = root;
    this.#writer = writer;
    this.#builders = root.openDB({ name: "builders", encoding: "binary" });
    this.#sealed = root.openDB({ name: "sealed", encoding: "string" });
  }

  /** Whether no builder is stored. */
  get isEmpty(): boolean {
    return this.#builders.getKeysCount({ limit: 1 }) === 0;
  }

  /** All stored builders by name. */
  all(): BuilderRecord[] {
    return [...this.#builders.getRange({})].map(({ value }) => fromBinary(BuilderRecordSchema, value));
  }

  /** One stored builder. */
  get(name: string): BuilderRecord | undefined {
    const value = this.#builders.get(name);
    return value && fromBinary(BuilderRecordSchema, value);
  }

  /** The encrypted values of a builder, as they were stored with it. */
  sealedOf(name: string): string | undefined {
    return this.#sealed.get(name);
  }

  /** Differs after each change of a builder or its encrypted values; undefined when the builder is not stored. */
  revisionOf(name: string): string | undefined {
    const value = this.#builders.get(name);
    const hash = createHash("sha256").update(this.sealedOf(name) ?? "");
    return value && hash.update("\n").update(value).digest("base64url");
  }

  /** Stores a builder and its encrypted values: both or neither. */
  async put(builder: BuilderRecord, sealed?: string): Promise<void> {
    await this.#writer.put(() => this.#root.childTransaction(() => this.#write(builder, sealed)));
  }

  /** As {@link put}, but only over this revision of the builder; resolves to whether it did. */
  async replace(revision: string, builder: BuilderRecord, sealed?: string): Promise<boolean> {
    let isSame = false;
    await this.#writer.put(() =>
      this.#root.childTransaction(() => {
        isSame = this.revisionOf(builder.name) === revision;
        if (isSame) this.#write(builder, sealed);
      }),
    );
    return isSame;
  }

  /** Deletes a builder and its encrypted values. */
  async remove(name: string): Promise<void> {
    await this.#writer.remove(() =>
      this.#root.childTransaction(() => {
        this.#sealed.remove(name);
        this.#builders.remove(name);
      }),
    );
  }

  #write(builder: BuilderRecord, sealed: string | undefined): void {
    this.#builders.put(builder.name, toBinary(BuilderRecordSchema, builder));
    if (sealed === undefined) this.#sealed.remove(builder.name);
    else this.#sealed.put(builder.name, sealed);
  }
}
