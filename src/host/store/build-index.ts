import type { Database, RootDatabase } from "lmdb";
import { BuildState } from "../../gen/slipway/v1/build_event_pb.js";
import type { Build } from "../../gen/slipway/v1/build_pb.js";

const unfinished = [BuildState.QUEUED, BuildState.PENDING, BuildState.RUNNING];

/** Whether a build has ended. */
export function isOver({ state }: Pick<Build, "state">): boolean {
  return !unfinished.includes(state);
}

/** What the index knows of a build. */
export interface IndexEntry {
  /** Id of the request that started it. */
  request?: string;
  /** Size of its events, in bytes; 0 until it has ended. */
  bytes: number;
  /** When it ended, in milliseconds since 1970; 0 until then. */
  endMs: number;
}

/** What the ended builds of a principal use. */
export interface KeptTotal {
  builds: number;
  /** Of events. */
  bytes: number;
}

/** Which builds are wanted. */
export interface BuildFilter {
  owner?: string;
  /** Empty for all. */
  states?: readonly BuildState[];
  builder?: string;
}

/** Whether a build is wanted. */
export function matches(build: Build, { owner = build.owner, states = [], builder }: BuildFilter): boolean {
  if (owner !== build.owner || (builder !== undefined && builder !== build.builder)) return false;
  return states.length === 0 || states.includes(build.state);
}

/** Builds with the same owner, state and builder. A build that has not ended counts as pending. */
type Group = [owner: string, state: BuildState, builder: string];
type Key = [...Group, id: string];

/** Sorts after every id. */
const afterIds = "~";
const nothing: IndexEntry = { bytes: 0, endMs: 0 };

/**
 * Finds builds by owner, state and builder, and knows what is kept of whom, without reading the builds themselves. All
 * work is in proportion to the number of builds that are returned, and of groups. Writes are part of the caller's
 * transaction.
 */
export class BuildIndex {
  readonly #entries: Database<IndexEntry, Key>;
  readonly #totals: Database<KeptTotal, string>;

  constructor(root: RootDatabase) {
    this.#entries = root.openDB({ name: "build-index", encoding: "json" });
    this.#totals = root.openDB({ name: "kept-totals", encoding: "json" });
  }

  /** Adds a build, or moves it to its new state. What is not given stays as it is. */
  put(build: Build, changes: Partial<IndexEntry> = {}): void {
    const before = this.remove(build);
    const entry = { ...(before ?? nothing), ...changes };
    this.#entries.put(keyOf(build), entry);
    if (isOver(build)) this.#count(build.owner, 1, entry.bytes);
  }

  /** Removes a build, in whatever state it is in the index. */
  remove(build: Build): IndexEntry | undefined {
    const keys = [keyOf({ ...build, state: BuildState.PENDING }), keyOf(build)];
    for (const key of keys) {
      const entry = this.#entries.get(key);
      if (!entry) continue;
      this.#entries.remove(key);
      if (isOver({ state: key[1] })) this.#count(build.owner, -1, -entry.bytes);
      return entry;
    }
    return undefined;
  }

  /** What the ended builds of each principal use. */
  totals(): Map<string, KeptTotal> {
    return new Map([...this.#totals.getRange({})].map(({ key, value }) => [key, value]));
  }

  /** Ids of wanted builds, the newest first; only of those older than `before` when that is given. */
  *newest(filter: BuildFilter, before = afterIds): Generator<string> {
    for (const key of this.#merged(this.#groups(filter), before, true)) yield key[3];
  }

  /** Ids of the ended builds of a principal with their entries, the oldest first. They may be removed meanwhile. */
  *oldest(owner: string): Generator<[id: string, entry: IndexEntry]> {
    const groups = this.#groups({ owner }).filter(([, state]) => isOver({ state }));
    for (const key of this.#merged(groups, "", false)) yield [key[3], this.#entries.get(key)!];
  }

  /** Skips from group to group. */
  #groups({ owner, states = [], builder }: BuildFilter): Group[] {
    const groups: Group[] = [];
    let start = owner === undefined ? undefined : ([owner] as unknown as Key);
    for (;;) {
      const key = first(this.#entries.getKeys({ start, limit: 1 }));
      if (!key || (owner !== undefined && key[0] !== owner)) return groups;
      const group: Group = [key[0], key[1], key[2]];
      const isWanted = states.length === 0 || states.includes(group[1]);
      if (isWanted && (builder === undefined || builder === group[2])) groups.push(group);
      start = [...group, afterIds];
    }
  }

  /** The keys of several groups in the order of their ids. */
  *#merged(groups: readonly Group[], from: string, reverse: boolean): Generator<Key> {
    const heads = groups.flatMap((group) => {
      const key = this.#next([...group, from], reverse);
      return key ? [key] : [];
    });
    const isFirst = (one: Key, other: Key) => (reverse ? one[3] > other[3] : one[3] < other[3]);
    while (heads.length > 0) {
      const key = heads.reduce((best, head) => (isFirst(head, best) ? head : best));
      yield key;
      const next = this.#next(key, reverse);
      heads.splice(heads.indexOf(key), 1, ...(next ? [next] : []));
    }
  }

  /** The next key of the same group. */
  #next(key: Key, reverse: boolean): Key | undefined {
    const [owner, state, builder] = key;
    const end: Key = [owner, state, builder, reverse ? "" : afterIds];
    return first(this.#entries.getKeys({ start: key, end, exclusiveStart: true, reverse, limit: 1 }));
  }

  #count(owner: string, builds: number, bytes: number): void {
    const before = this.#totals.get(owner) ?? { builds: 0, bytes: 0 };
    const total = { builds: before.builds + builds, bytes: before.bytes + bytes };
    if (total.builds > 0) this.#totals.put(owner, total);
    else this.#totals.remove(owner);
  }
}

function keyOf({ owner, state, builder, id }: Build): Key {
  return [owner, isOver({ state }) ? state : BuildState.PENDING, builder, id];
}

function first<T>(values: Iterable<T>): T | undefined {
  for (const value of values) return value;
  return undefined;
}
