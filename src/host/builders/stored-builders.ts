import { create } from "@bufbuild/protobuf";
import type { ConnectError } from "@connectrpc/connect";
import type { DriverDescriptor } from "../../gen/slipway/driver/v1/descriptor_pb.js";
import { type BuilderRecord, BuilderRecordSchema } from "../../gen/slipway/state/v1/builder_record_pb.js";
import type { Keyring } from "../sealing/keyring.js";
import type { Store } from "../store/store.js";
import { keyMissing, secretCorrupt } from "./builder-errors.js";
import { faultOf } from "./fault.js";
import {
  decodeValues,
  encodeValues,
  hasSecrets,
  openBuilder,
  type SealedValue,
  sealBuilder,
} from "./sealed-config.js";

/** Finds a driver's descriptor; undefined when the driver is missing or does not answer. */
export type FindDescriptor = (driver: string) => Promise<DriverDescriptor | undefined>;

/** A builder whose secrets cannot be decrypted, and why. */
export interface LockedBuilder {
  builder: string;
  error: ConnectError;
}

/** The stored builders. Their secrets are encrypted in the store if the host has a key. */
export class StoredBuilders {
  constructor(
    private readonly store: Store,
    private readonly keyring: Keyring,
    private readonly descriptorOf: FindDescriptor,
  ) {}

  /** All stored builders by name. Those that are locked lack secrets and have an error. */
  all(): BuilderRecord[] {
    return this.store.builders.all().map((builder) => this.#opened(builder));
  }

  /** One stored builder. */
  get(name: string): BuilderRecord | undefined {
    const builder = this.store.builders.get(name);
    return builder && this.#opened(builder);
  }

  /**
   * Why the secrets of a stored builder cannot be decrypted; undefined when they can, or when there is no such builder.
   * FAILED_PRECONDITION, reason STATE_KEY_MISSING, or DATA_LOSS, reason STATE_SECRET_CORRUPT.
   */
  lockOf(name: string): ConnectError | undefined {
    const builder = this.store.builders.get(name);
    return builder && this.#open(builder);
  }

  /** Stores a builder. Refuses to overwrite a locked one. */
  async put(builder: BuilderRecord): Promise<void> {
    const { record, values } = await this.#sealed(builder);
    await this.store.builders.put(record, values);
  }

  /** Differs after each change of a stored builder; undefined when it is not stored. */
  revisionOf(name: string): string | undefined {
    return this.store.builders.revisionOf(name);
  }

  /** As {@link put}, but only over this revision of the builder; resolves to whether it did. */
  async replace(revision: string, builder: BuilderRecord): Promise<boolean> {
    const { record, values } = await this.#sealed(builder);
    return this.store.builders.replace(revision, record, values);
  }

  async #sealed(builder: BuilderRecord): Promise<{ record: BuilderRecord; values: string | undefined }> {
    const lock = this.lockOf(builder.name);
    if (lock) throw lock;
    const descriptor = this.#hasKey ? await this.descriptorOf(builder.driver) : undefined;
    const stored = create(BuilderRecordSchema, {
      ...builder,
      current: false,
      lastUseTime: undefined,
      error: undefined,
    });
    const sealed = sealBuilder(stored, descriptor, this.keyring);
    return { record: sealed.builder, values: encodeValues(sealed.values) };
  }

  /** Deletes a builder. */
  async remove(name: string): Promise<void> {
    await this.store.builders.remove(name);
  }

  /**
   * Encrypts with the first key what is stored as it is or under another key. The store's file is written anew then, so
   * that nothing of the former values stays in it. What cannot be decrypted is left alone.
   */
  async sealAll(): Promise<void> {
    const [current] = this.keyring.ids;
    for (const builder of this.#hasKey ? this.store.builders.all() : []) {
      if (this.lockOf(builder.name)) continue;
      // Without a descriptor every option counts, so most builders need none.
      const isClear =
        hasSecrets(builder, undefined) && hasSecrets(builder, await this.descriptorOf(builder.driver));
      if (!isClear && this.#valuesOf(builder.name).every(({ key }) => key === current)) continue;
      await this.store.planCompaction();
      await this.put(this.#opened(builder));
    }
    await this.store.compactIfPlanned();
  }

  /** The builders whose secrets cannot be decrypted. */
  locked(): LockedBuilder[] {
    return this.store.builders.all().flatMap(({ name }) => {
      const error = this.lockOf(name);
      return error ? [{ builder: name, error }] : [];
    });
  }

  /**
   * Names of the builders with secrets that are not encrypted. Builders of missing drivers are left out, since only the
   * schema of a driver tells which options are secret.
   */
  async inClear(): Promise<string[]> {
    const names: string[] = [];
    for (const builder of this.store.builders.all()) {
      const descriptor = await this.descriptorOf(builder.driver);
      if (descriptor && hasSecrets(builder, descriptor)) names.push(builder.name);
    }
    return names;
  }

  get #hasKey(): boolean {
    return this.keyring.ids.length > 0;
  }

  #valuesOf(name: string): SealedValue[] {
    return decodeValues(this.store.builders.sealedOf(name));
  }

  #opened(builder: BuilderRecord): BuilderRecord {
    const lock = this.#open(builder);
    if (lock) builder.error = faultOf(lock);
    return builder;
  }

  /** Decrypts a builder's secrets in place; returns why that is not possible. */
  #open(builder: BuilderRecord): ConnectError | undefined {
    const { name } = builder;
    const locked = openBuilder(builder, this.#valuesOf(name), this.keyring);
    return locked && (this.keyring.has(locked) ? secretCorrupt(name, locked) : keyMissing(name, locked));
  }
}
