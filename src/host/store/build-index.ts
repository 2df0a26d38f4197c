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
  /** Only those that a principal sees: its own without a project, and those of its projects. */
  viewer?: { owner: string; projects: readonly string[] };
  project?: string;
  owner?: string;
  /** Empty for all. */
  states?: readonly BuildState[];
  builder?: string;
}

/** Whether a build is wanted. */
export function matches(build: Build, filter: BuildFilter): boolean {
  const { viewer, project, owner, states = [], builder } = filter;
  if (viewer && !isSeenBy(build, viewer)) return false;
  if (project !== undefined && project !== build.project) return false;
  if (owner !== undefined && owner !== build.owner) return false;
  if (builder !== undefined && builder !== build.builder) return false;
  return states.length === 0 || states.includes(build.state);
}

function isSeenBy(
  { owner, project }: Build,
  viewer: { owner: string; projects: readonly string[] },
): boolean {
  return project ? viewer.projects.includes(project) : owner === viewer.owner;
}

/** Builds of the same principal or project, state and builder. A build that has not ended counts as pending. */
type Group = [of: string, state: BuildState, builder: string];
type Key = [...Group, id: string];

/** Sorts after every id. */
const afterIds = "~";
const nothing: IndexEntry = { bytes: 0, endMs: 0 };
/** Among the ids of principals, of which none has this form. */
const ofProject = (project: string) => `project:${project}`;

/**
 * Finds builds by owner, project, state and builder, and knows what is kept of whom, without reading the builds themselves. All
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
    for (const key of keysOf(build)) this.#entries.put(key, entry);
    if (isOver(build)) this.#count(build.owner, 1, entry.bytes);
  }

  /** Removes a build, in whatever state it is in the index. */
  remove(build: Build): IndexEntry | undefined {
    for (const state of [BuildState.PENDING, build.state]) {
      const keys = keysOf({ ...build, state });
      const entry = this.#entries.get(keys[0]);
      if (!entry) continue;
      for (const key of keys) this.#entries.remove(key);
      if (isOver({ state: keys[0][1] })) this.#count(build.owner, -1, -entry.bytes);
      return entry;
    }
    return undefined;
  }

  /** What the ended builds of each principal use. */
  totals(): Map<string, KeptTotal> {
    return new Map([...this.#totals.getRange({})].map(({ key, value }) => [key, value]));
  }

  /**
   * Ids of wanted builds, the newest first; only of those older than `before` when that is given. Among them are builds of
   * the viewer in projects that it has left, and in projects those of other owners.
   */
  *newest(filter: BuildFilter, before = afterIds): Generator<string> {
    const { viewer, project, owner } = filter;
    const projects = project === undefined ? viewer?.projects : [project];
    const own = project === undefined ? (viewer?.owner ?? owner) : undefined;
    const each = [...(own === undefined ? [] : [own]), ...(projects ?? []).map(ofProject)];
    const wanted = projects || own !== undefined ? each : undefined;
    let last: string | undefined;
    for (const [, , , id] of this.#merged(this.#groups(filter, wanted), before, true)) {
      // A build of the viewer's own is one of its project's, too.
      if (id !== last) yield id;
      last = id;
    }
  }

  /** Ids of the ended builds of a principal with their entries, the oldest first. They may be removed meanwhile. */
  *oldest(owner: string): Generator<[id: string, entry: IndexEntry]> {
    const groups = this.#groups({}, [owner]).filter(([, state]) => isOver({ state }));
    for (const key of this.#merged(groups, "", false)) yield [key[3], this.#entries.get(key)!];
  }

  /** The groups of these principals and projects, or of all principals. */
  #groups(filter: BuildFilter, of: readonly string[] | undefined): Group[] {
    if (of) return of.flatMap((each) => this.#groupsFrom(filter, each));
    return this.#groupsFrom(filter).filter(([each]) => !each.startsWith(ofProject("")));
  }

  /** Skips from group to group. */
  #groupsFrom({ states = [], builder }: BuildFilter, of?: string): Group[] {
    const groups: Group[] = [];
    let start = of === undefined ? undefined : ([of] as unknown as Key);
    for (;;) {
      const key = first(this.#entries.getKeys({ start, limit: 1 }));
      if (!key || (of !== undefined && key[0] !== of)) return groups;
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
    const [of, state, builder] = key;
    const end: Key = [of, state, builder, reverse ? "" : afterIds];
    return first(this.#entries.getKeys({ start: key, end, exclusiveStart: true, reverse, limit: 1 }));
  }

  #count(owner: string, builds: number, bytes: number): void {
    const before = this.#totals.get(owner) ?? { builds: 0, bytes: 0 };
    const total = { builds: before.builds + builds, bytes: before.bytes + bytes };
    if (total.builds > 0) this.#totals.put(owner, total);
    else this.#totals.remove(owner);
  }
}

/** By its owner, and by its project if it has one. */
function keysOf({ owner, project, state, builder, id }: Build): [Key, ...Key[]] {
  const keyOf = (of: string): Key => [of, isOver({ state }) ? state : BuildState.PENDING, builder, id];
  return project ? [keyOf(owner), keyOf(ofProject(project))] : [keyOf(owner)];
}

function first<T>(values: Iterable<T>): T | undefined {
  for (const value of values) return value;
  return undefined;
}
