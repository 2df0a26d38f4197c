import { randomUUID } from "node:crypto";
import { statSync } from "node:fs";
import { mkdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { type Database, open, type RootDatabase } from "lmdb";
import { freeBytes } from "../../util/free-bytes.js";
import { BuildRecords } from "./build-records.js";
import { BuilderRecords } from "./builder-records.js";
import { damageOf, stateCorrupt } from "./damage.js";
import { formatUnknown, storeFormat } from "./format.js";
import { LeftRecords } from "./left-records.js";
import { StoreWriter } from "./store-writer.js";
import { UsageRecords } from "./usage-records.js";

/** Free space below which a store adds nothing, in bytes. */
export const defaultReservedBytes = 32 << 20;

/**
 * The host's state in one LMDB file. Records are the API's messages in binary form, so they evolve by protobuf's
 * compatibility rules. A write that fails changes nothing and rejects with a typed error, reason STATE_NOT_STORED.
 */
export class Store {
  /** The builders. */
  builders!: BuilderRecords;
  /** The builds of this machine. */
  builds!: BuildRecords;
  /** The disk usage of nodes. */
  usages!: UsageRecords;
  /** The build caches that are left. */
  left!: LeftRecords;
  #root!: RootDatabase;
  #settings!: Database<string, string>;
  #defaults!: Database<string, string>;
  #lastUses!: Database<string, string>;
  #access!: Database<string, string>;

  readonly #folder: string;
  readonly #writer: StoreWriter;

  /**
   * Opens or creates the store in a folder that only one host uses at a time. DATA_LOSS, reason STATE_CORRUPT, for a
   * damaged file; FAILED_PRECONDITION, reason STATE_FORMAT_UNKNOWN, for that of another version.
   * @param reservedBytes free space below which nothing is added; removals need a quarter of it
   */
  constructor(folder: string, { reservedBytes = defaultReservedBytes } = {}) {
    this.#folder = folder;
    this.#writer = new StoreWriter(folder, reservedBytes);
    const damage = damageOf(folder);
    if (damage) throw stateCorrupt(folder, damage);
    this.#open();
    this.#checkFormat();
  }

  #checkFormat(): void {
    const format = this.#settings.get("format");
    if (format === storeFormat) return;
    const isEmpty = this.builders.isEmpty && this.builds.newest() === undefined;
    if (format === undefined && isEmpty) {
      this.#settings.putSync("format", storeFormat);
      return;
    }
    void this.#root.close();
    throw formatUnknown(this.#folder, format);
  }

  #open(): void {
    // With batching by event turn, lmdb creates an internal promise for each commit, whose rejection cannot be handled.
    const options = { path: this.#folder, maxDbs: 16, encoding: "binary" as const, eventTurnBatching: false };
    this.#root = open(options);
    // In one transaction, since each waits for the disk.
    this.#root.transactionSync(() => this.#openDatabases());
  }

  #openDatabases(): void {
    this.builders = new BuilderRecords(this.#root, this.#writer);
    this.builds = new BuildRecords(this.#root, this.#writer);
    this.usages = new UsageRecords(this.#root, this.#writer);
    this.left = new LeftRecords(this.#root, this.#writer);
    this.#settings = this.#root.openDB({ name: "settings", encoding: "string" });
    this.#defaults = this.#root.openDB({ name: "defaults", encoding: "string" });
    this.#lastUses = this.#root.openDB({ name: "last-uses", encoding: "string" });
    this.#access = this.#root.openDB({ name: "access", encoding: "string" });
  }

  /** Whether there is space to add anything. */
  get hasRoom(): boolean {
    return this.#writer.hasRoom;
  }

  /** Bytes of the file, and those that are free on its disk. */
  get space(): { bytes: number; freeBytes: number } {
    return { bytes: statSync(join(this.#folder, "data.mdb")).size, freeBytes: freeBytes(this.#folder) };
  }

  /** Throws STATE_NOT_STORED when there is no space to add anything. */
  requireRoom(): void {
    this.#writer.requireRoom();
  }

  /** Name of the default builder under a key; undefined when none is set. */
  defaultBuilder(key: string): string | undefined {
    return this.#defaults.get(key);
  }

  /** All default builders, as key and name. */
  defaultBuilders(): [key: string, name: string][] {
    return [...this.#defaults.getRange({})].map(({ key, value }) => [key, value]);
  }

  /** Sets or, with undefined, clears the default builder under a key. */
  async setDefaultBuilder(key: string, name: string | undefined): Promise<void> {
    if (name === undefined) await this.#writer.remove(() => this.#defaults.remove(key));
    else await this.#writer.put(() => this.#defaults.put(key, name));
  }

  /** When a builder was last used, in milliseconds since 1970; undefined when never. The builder need not be stored. */
  lastUse(builder: string): number | undefined {
    const time = this.#lastUses.get(builder);
    return time === undefined ? undefined : Number(time);
  }

  /** Sets or, with undefined, clears the time when a builder was last used. */
  async setLastUse(builder: string, ms: number | undefined): Promise<void> {
    if (ms === undefined) await this.#writer.remove(() => this.#lastUses.remove(builder));
    else await this.#writer.put(() => this.#lastUses.put(builder, String(ms)));
  }

  /** The principals to whom a builder that is not stored is open. */
  access(builder: string): string[] {
    return JSON.parse(this.#access.get(builder) ?? "[]");
  }

  /** Sets which principals may use a builder that is not stored; an empty list closes it to all. */
  async setAccess(builder: string, principals: string[]): Promise<void> {
    if (principals.length === 0) await this.#writer.remove(() => this.#access.remove(builder));
    else await this.#writer.put(() => this.#access.put(builder, JSON.stringify(principals)));
  }

  /** The unique id of this host's state, created on first use. */
  async hostId(): Promise<string> {
    if (!this.#settings.get("host-id"))
      await this.#writer.put(() => this.#settings.put("host-id", randomUUID()));
    return this.#settings.get("host-id")!;
  }

  /** Plans to compact the file; the plan survives a crash. */
  async planCompaction(): Promise<void> {
    await this.#writer.put(() => this.#settings.put("compact", "planned"));
  }

  /**
   * Writes the file anew if that is planned. The new file lacks the former values, which LMDB keeps in free pages until it
   * reuses these. Only while nothing else uses the store.
   */
  async compactIfPlanned(): Promise<void> {
    if (this.#settings.get("compact") === undefined) return;
    const file = join(this.#folder, "data.mdb");
    const copy = join(this.#folder, "compacted");
    await rm(copy, { recursive: true, force: true });
    await mkdir(copy, { mode: 0o700 });
    const { size } = await stat(file);
    await this.#writer.write(() => this.#root.backup(copy, true), size + this.#writer.reservedBytes);
    await this.close();
    await rename(join(copy, "data.mdb"), file);
    await rm(copy, { recursive: true, force: true });
    this.#open();
    await this.#writer.remove(() => this.#settings.remove("compact"));
  }

  /** Flushes pending writes and closes the file. */
  async close(): Promise<void> {
    // A write that failed has been reported to its caller.
    await this.#writer.write(() => this.#root.flushed, 0).catch(() => {});
    await this.#root.close();
  }
}
