import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { Database, RootDatabase } from "lmdb";
import { type RestartRecord, RestartRecordSchema } from "../../gen/slipway/state/v1/restart_record_pb.js";
import { type BuildEvent, BuildEventSchema, BuildState } from "../../gen/slipway/v1/build_event_pb.js";
import { type Build, BuildSchema } from "../../gen/slipway/v1/build_pb.js";
import { type BuildFilter, BuildIndex, type IndexEntry, type KeptTotal, matches } from "./build-index.js";
import type { BuildStore, LeftBuild, NewBuild, StoredEvent } from "./build-store.js";
import { handedOver } from "./handed-over.js";
import type { StoreWriter } from "./store-writer.js";

/** The records of builds in LMDB. */
export class BuildRecords implements BuildStore {
  readonly #root: RootDatabase;
  readonly #writer: StoreWriter;
  readonly #builds: Database<Uint8Array, string>;
  readonly #events: Database<Uint8Array, [string, number]>;
  /** Of the requests that started builds: id of the build, and digest. */
  readonly #requests: Database<string, string>;
  /** Ids of builds by references that differ from these. */
  readonly #references: Database<string, string>;
  /** What the next host needs to run the builds that have not ended. */
  readonly #restarts: Database<Uint8Array, string>;
  readonly #index: BuildIndex;

  constructor(root: RootDatabase, writer: StoreWriter) {
    this.#root = root;
    this.#writer = writer;
    this.#builds = root.openDB({ name: "builds", encoding: "binary" });
    this.#events = root.openDB({ name: "events", encoding: "binary" });
    this.#requests = root.openDB({ name: "requests", encoding: "string" });
    this.#references = root.openDB({ name: "references", encoding: "string" });
    this.#restarts = root.openDB({ name: "restarts", encoding: "binary" });
    this.#index = new BuildIndex(root);
  }

  /** One build. */
  get(id: string): Build | undefined {
    const value = this.#builds.get(id);
    return value && fromBinary(BuildSchema, value);
  }

  /** The build that has a reference in the history of a BuildKit. */
  ofReference(ref: string): Build | undefined {
    return this.get(this.#references.get(ref) ?? ref);
  }

  /** The build that was started with a request id, and the digest of that request; earlier hosts stored none. */
  ofRequest(requestId: string): { build: string; digest?: string } | undefined {
    const [build, digest] = this.#requests.get(requestId)?.split(" ") ?? [];
    return build === undefined ? undefined : { build, digest };
  }

  /**
   * Wanted builds, newest first; only those older than `before` when that is given. A build that has not ended is found
   * as pending.
   */
  *list(filter: BuildFilter = {}, before?: string): Generator<Build> {
    const { viewer, owner } = filter;
    for (const id of this.#index.newest(filter, before)) {
      const build = this.get(id);
      // The index finds more: builds of the viewer in projects that it has left, and other owners in a project.
      if (build && matches(build, { viewer, owner })) yield build;
    }
  }

  /** Id of the newest build. */
  newest(): string | undefined {
    for (const id of this.#builds.getKeys({ reverse: true, limit: 1 })) return id;
    return undefined;
  }

  get kept(): number {
    return [...this.#index.totals().values()].reduce((sum, { builds }) => sum + builds, 0);
  }

  /** What the ended builds of each principal use. */
  totals(): Map<string, KeptTotal> {
    return this.#index.totals();
  }

  /** The ended builds of a principal, the oldest first. They may be removed meanwhile. */
  oldest(owner: string): Generator<[id: string, entry: IndexEntry]> {
    return this.#index.oldest(owner);
  }

  /** What is needed to run a build that an earlier host left; undefined when that stored nothing. */
  restartOf(id: string): RestartRecord | undefined {
    const value = this.#restarts.get(id);
    return value && fromBinary(RestartRecordSchema, value);
  }

  takeLeft(): LeftBuild[] {
    const left = [...this.list({ states: [BuildState.PENDING] })].reverse();
    return left.map((build) => ({ build, record: this.restartOf(build.id) }));
  }

  add(build: Build, { request, restart }: NewBuild = {}): Promise<void> {
    return this.#change(() => {
      if (restart) this.#restarts.put(build.id, toBinary(RestartRecordSchema, restart));
      this.#builds.put(build.id, toBinary(BuildSchema, build));
      this.#index.put(build, request && { request: request.id });
      if (request) this.#requests.put(request.id, `${build.id} ${request.digest}`);
    });
  }

  /**
   * Keeps later hosts from running a build that has not ended.
   * @param obstacle why they do not; one sentence
   */
  preventRestart(id: string, obstacle: string): Promise<void> {
    return this.#change(() => {
      const record = this.restartOf(id);
      if (!record) return;
      const { bake } = record;
      this.#restarts.put(id, toBinary(RestartRecordSchema, create(RestartRecordSchema, { obstacle, bake })));
    });
  }

  /** Stores the current state of a build that waits or runs. */
  put(build: Build): Promise<void> {
    return this.#change(() => this.#put(build));
  }

  handOver(build: Build): Promise<void> {
    return this.#change(() => {
      this.#put(build);
      const record = this.restartOf(build.id);
      if (record) this.#restarts.put(build.id, toBinary(RestartRecordSchema, handedOver(record)));
    });
  }

  #put(build: Build): void {
    this.#builds.put(build.id, toBinary(BuildSchema, build));
    for (const ref of build.refs) if (ref !== build.id) this.#references.put(ref, build.id);
  }

  /**
   * Stores the end of a build with its last events: all or nothing.
   * @param bytes size of all its events
   */
  end(build: Build, events: readonly StoredEvent[], bytes: number): Promise<void> {
    const endMs = build.endTime ? timestampMs(build.endTime) : 0;
    return this.#change(() => {
      for (const event of events) this.#events.put([build.id, event.sequence], event.bytes);
      this.#builds.put(build.id, toBinary(BuildSchema, build));
      this.#index.put(build, { bytes, endMs });
      this.#restarts.remove(build.id);
    });
  }

  /** Deletes a build, its events and its request id. */
  remove(id: string): Promise<void> {
    return this.#writer.remove(() =>
      this.#root.childTransaction(() => {
        for (const key of this.#events.getKeys(eventsOf(id))) this.#events.remove(key);
        const build = this.get(id);
        if (!build) return;
        const entry = this.#index.remove(build);
        if (entry?.request) this.#requests.remove(entry.request);
        for (const ref of build.refs) this.#references.remove(ref);
        this.#builds.remove(id);
        this.#restarts.remove(id);
      }),
    );
  }

  *events(build: string, from: number, to: number): Generator<BuildEvent> {
    for (let sequence = from; sequence <= to; sequence++) {
      const event = this.event(build, sequence);
      if (!event) return;
      yield event;
    }
  }

  /** One event of a build. */
  event(build: string, sequence: number): BuildEvent | undefined {
    const value = this.#events.get([build, sequence]);
    return value && fromBinary(BuildEventSchema, value);
  }

  /** Sequence number of the newest stored event of a build; 0 when there is none. */
  lastSequence(build: string): number {
    const { start, end } = eventsOf(build);
    for (const [, sequence] of this.#events.getKeys({ start: end, end: start, reverse: true, limit: 1 }))
      return sequence;
    return 0;
  }

  /** The last stored event of one build, and the size of all. It reads them all. */
  eventsOf(build: string): { last: number; bytes: number } {
    return { last: this.lastSequence(build), bytes: this.eventBytesOf(build) };
  }

  /** Size of the stored events of one build, in bytes. It reads them all. */
  eventBytesOf(build: string): number {
    let bytes = 0;
    for (const { value } of this.#events.getRange(eventsOf(build))) bytes += value.length;
    return bytes;
  }

  /** Stores events; resolves once they can be read back. */
  putEvents(build: string, events: readonly StoredEvent[]): Promise<void> {
    return this.#writer.put(() =>
      Promise.all(events.map(({ sequence, bytes }) => this.#events.put([build, sequence], bytes))),
    );
  }

  /** Unlike lmdb's other transactions, this one is undone by an exception. */
  #change(work: () => void): Promise<void> {
    return this.#writer.put(() => this.#root.childTransaction(work));
  }
}

const eventsOf = (build: string): { start: [string, number]; end: [string, number] } => ({
  start: [build, 0],
  end: [build, Number.MAX_SAFE_INTEGER],
});
