import { randomUUID } from "node:crypto";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { type Database, open, type RootDatabase } from "lmdb";
import { type BuildEvent, BuildEventSchema } from "../../gen/slipway/v1/build_event_pb.js";
import { type Build, BuildSchema } from "../../gen/slipway/v1/build_pb.js";
import { type BuilderInstance, BuilderInstanceSchema } from "../../gen/slipway/v1/builder_pb.js";
import { freeBytes } from "../../util/free-bytes.js";
import { notStored, writeFailed } from "./write-failed.js";

/**
 * The host's state in one LMDB file. Records are the API's messages in binary form, so they evolve by protobuf's
 * compatibility rules. Build ids sort by creation time. A write that fails changes nothing and rejects with a typed
 * error, reason STATE_NOT_STORED.
 */
export class Store {
  readonly #root: RootDatabase;
  readonly #builders: Database<Uint8Array, string>;
  readonly #builds: Database<Uint8Array, string>;
  readonly #events: Database<Uint8Array, [string, number]>;
  readonly #requests: Database<string, string>;
  readonly #settings: Database<string, string>;
  readonly #defaults: Database<string, string>;
  readonly #lastUses: Database<string, string>;

  readonly #folder: string;
  readonly #reservedBytes: number;

  /**
   * Opens or creates the store in a folder that only one host uses at a time.
   * @param reservedBytes free space below which nothing is added; removals need a quarter of it
   */
  constructor(folder: string, { reservedBytes = 32 << 20 } = {}) {
    this.#folder = folder;
    this.#reservedBytes = reservedBytes;
    // With batching by event turn, lmdb has a promise of its own for each commit, and nobody could handle its rejection.
    const options = { path: folder, maxDbs: 8, encoding: "binary" as const, eventTurnBatching: false };
    this.#root = open(options);
    this.#builders = this.#root.openDB({ name: "builders", encoding: "binary" });
    this.#builds = this.#root.openDB({ name: "builds", encoding: "binary" });
    this.#events = this.#root.openDB({ name: "events", encoding: "binary" });
    this.#requests = this.#root.openDB({ name: "requests", encoding: "string" });
    this.#settings = this.#root.openDB({ name: "settings", encoding: "string" });
    this.#defaults = this.#root.openDB({ name: "defaults", encoding: "string" });
    this.#lastUses = this.#root.openDB({ name: "last-uses", encoding: "string" });
  }

  /** All stored builders by name. */
  builders(): BuilderInstance[] {
    return [...this.#builders.getRange({})].map(({ value }) => fromBinary(BuilderInstanceSchema, value));
  }

  /** One stored builder. */
  builder(name: string): BuilderInstance | undefined {
    const value = this.#builders.get(name);
    return value && fromBinary(BuilderInstanceSchema, value);
  }

  /** Stores a builder. */
  async putBuilder(builder: BuilderInstance): Promise<void> {
    await this.#put(() => this.#builders.put(builder.name, toBinary(BuilderInstanceSchema, builder)));
  }

  /** Deletes a builder. */
  async removeBuilder(name: string): Promise<void> {
    await this.#remove(() => this.#builders.remove(name));
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
    if (name === undefined) await this.#remove(() => this.#defaults.remove(key));
    else await this.#put(() => this.#defaults.put(key, name));
  }

  /** When a builder was last used, in milliseconds since 1970; undefined when never. The builder need not be stored. */
  lastUse(builder: string): number | undefined {
    const time = this.#lastUses.get(builder);
    return time === undefined ? undefined : Number(time);
  }

  /** Sets or, with undefined, clears the time when a builder was last used. */
  async setLastUse(builder: string, ms: number | undefined): Promise<void> {
    if (ms === undefined) await this.#remove(() => this.#lastUses.remove(builder));
    else await this.#put(() => this.#lastUses.put(builder, String(ms)));
  }

  /** One build. */
  build(id: string): Build | undefined {
    const value = this.#builds.get(id);
    return value && fromBinary(BuildSchema, value);
  }

  /** Builds, newest first; only those older than `before` when that is given. */
  *builds(before?: string): Generator<Build> {
    for (const { key, value } of this.#builds.getRange({ reverse: true, start: before })) {
      if (key !== before) yield fromBinary(BuildSchema, value);
    }
  }

  /** Stores a new build and which request started it: both or neither. */
  async addBuild(build: Build, requestId: string | undefined): Promise<void> {
    // Unlike lmdb's other transactions, this one is undone by an exception.
    await this.#put(() =>
      this.#root.childTransaction(() => {
        this.#builds.put(build.id, toBinary(BuildSchema, build));
        if (requestId !== undefined) this.#requests.put(requestId, build.id);
      }),
    );
  }

  /** Stores the current state of a build. */
  async putBuild(build: Build): Promise<void> {
    await this.#put(() => this.#builds.put(build.id, toBinary(BuildSchema, build)));
  }

  /** Id of the build that was started with a request id. */
  buildOfRequest(requestId: string): string | undefined {
    return this.#requests.get(requestId);
  }

  /** One event of a build. */
  event(build: string, sequence: number): BuildEvent | undefined {
    const value = this.#events.get([build, sequence]);
    return value && fromBinary(BuildEventSchema, value);
  }

  /** Sequence number of the newest stored event of a build; 0 when there is none. */
  lastSequence(build: string): number {
    const range = { start: [build, Number.MAX_SAFE_INTEGER], end: [build, 0], reverse: true, limit: 1 };
    for (const [, sequence] of this.#events.getKeys(range as never)) return sequence;
    return 0;
  }

  /** Stores an event; resolves once it can be read back. */
  async putEvent(build: string, event: BuildEvent): Promise<void> {
    await this.#put(() =>
      this.#events.put([build, Number(event.sequence)], toBinary(BuildEventSchema, event)),
    );
  }

  /** Deletes a build, its events and its request id. */
  async removeBuild(id: string): Promise<void> {
    await this.#remove(() =>
      this.#root.childTransaction(() => {
        for (const key of this.#events.getKeys({ start: [id, 0], end: [id, Number.MAX_SAFE_INTEGER] })) {
          this.#events.remove(key);
        }
        for (const { key, value } of this.#requests.getRange({})) {
          if (value === id) this.#requests.remove(key);
        }
        this.#builds.remove(id);
      }),
    );
  }

  /** The unique id of this host's state, created on first use. */
  async hostId(): Promise<string> {
    if (!this.#settings.get("host-id")) await this.#put(() => this.#settings.put("host-id", randomUUID()));
    return this.#settings.get("host-id")!;
  }

  /** Flushes pending writes and closes the file. */
  async close(): Promise<void> {
    // A write that failed has been reported to its caller.
    await this.#write(() => this.#root.flushed, 0).catch(() => {});
    await this.#root.close();
  }

  #put(work: () => PromiseLike<unknown>): Promise<void> {
    return this.#write(work, this.#reservedBytes);
  }

  #remove(work: () => PromiseLike<unknown>): Promise<void> {
    return this.#write(work, this.#reservedBytes / 4);
  }

  async #write(work: () => PromiseLike<unknown>, neededBytes: number): Promise<void> {
    // lmdb 3.5 corrupts its memory when a write finds the disk full, so writes stop before that.
    const free = freeBytes(this.#folder);
    if (free < neededBytes) {
      throw notStored(`${this.#folder} has only ${Math.floor(free / 2 ** 20)} MiB of free space left`);
    }
    try {
      await work();
    } catch (cause) {
      throw await writeFailed(cause);
    }
  }
}
