/** What the queue decides by: a build, or builds that run together and have one place. */
export interface QueueEntry {
  /** Id of the principal. */
  readonly owner: string;
  /** Name of the project. */
  readonly project: string;
  /** Principals build in the project together; otherwise it is one of the owner's own. */
  readonly isShared: boolean;
  /** Name of the builder. */
  readonly builder: string;
  /** Higher ones go first. */
  readonly priority: number;
  /** Grows with the time at which the entries came. */
  readonly order: number;
}

/** How many builds may run at the same time; Infinity for no limit. */
export interface QueueCaps {
  readonly host: number;
  /** Of each project. */
  readonly project: number;
  /** Of a builder. */
  builder(name: string): number;
  /** What is set for a shared project. */
  shared(project: string): SharedProject;
}

/** What is set for a shared project. */
export interface SharedProject {
  /** Its part of the running entries; principals without a shared project have 1. */
  readonly weight: number;
  /** How many of its builds may run at the same time; Infinity for no limit. */
  readonly runningBuilds: number;
}

/** The cap that an entry waits for. */
export type QueueCap = "project" | "builder" | "host";

/** What runs, and who had the last turns. */
export class Shares {
  readonly #running: Map<string, number>;
  /** When each had its last turn; who had none goes first. */
  readonly #turns: Map<string, number>;
  #turn: number;

  constructor(running: Iterable<[string, number]> = [], turns: Iterable<[string, number]> = []) {
    this.#running = new Map(running);
    this.#turns = new Map(turns);
    this.#turn = [...this.#turns.values()].reduce((latest, turn) => Math.max(latest, turn), 0);
  }

  /** The same, which changes on its own from now on. */
  copy(): Shares {
    return new Shares(this.#running, this.#turns);
  }

  /** A copy with the same running entries and the given turns, the latest one last. */
  withTurns(keys: readonly string[]): Shares {
    return new Shares(
      this.#running,
      keys.map((key, at) => [key, at + 1]),
    );
  }

  /** How many entries run. */
  get total(): number {
    return this.#runningOf(hostKey);
  }

  /** How many entries of its builder run. */
  ofBuilder({ builder }: QueueEntry): number {
    return this.#runningOf(builderKey(builder));
  }

  /** How many entries of its project run. */
  ofProject(entry: QueueEntry): number {
    return this.#runningOf(projectKey(entry));
  }

  /**
   * What decides between entries of the same priority: the smallest first.
   * @param weight of the first of its shares
   */
  rankOf(entry: QueueEntry, weight: number): Rank {
    const [first, second] = shareKeys(entry);
    const turnOf = (key: string) => this.#turns.get(key) ?? 0;
    const ofFirst = [this.#runningOf(first) / weight, turnOf(first)];
    return [...ofFirst, this.#runningOf(second), turnOf(second), entry.order];
  }

  /** An entry begins to run. */
  add(entry: QueueEntry): void {
    this.#turn++;
    for (const key of keysOf(entry)) {
      this.#running.set(key, this.#runningOf(key) + 1);
      this.#turns.set(key, this.#turn);
    }
  }

  /** An entry has ended. */
  remove(entry: QueueEntry): void {
    for (const key of keysOf(entry)) {
      const count = this.#runningOf(key) - 1;
      if (count > 0) this.#running.set(key, count);
      else this.#running.delete(key);
    }
  }

  /** Forgets who had turns: nobody waits. */
  forgetTurns(): void {
    this.#turns.clear();
  }

  #runningOf(key: string): number {
    return this.#running.get(key) ?? 0;
  }
}

/** Running builds and last turn of the first share, then of the second, then the age. */
type Rank = readonly number[];

const hostKey = "";
const builderKey = (builder: string) => `builder ${builder}`;
const projectKey = ({ owner, project, isShared }: QueueEntry) =>
  isShared ? `project ${project}` : `owner ${owner}\n${project}`;
/**
 * Whose shares an entry takes. Shared projects and the principals without one share the places; then the principals of such
 * a project share its part, and the projects of a principal its own. The database has the same names for them.
 */
const shareKeys = (entry: QueueEntry): [first: string, second: string] =>
  entry.isShared
    ? [projectKey(entry), `project ${entry.project}\n${entry.owner}`]
    : [`owner ${entry.owner}`, projectKey(entry)];
const keysOf = (entry: QueueEntry) => [hostKey, ...shareKeys(entry), builderKey(entry.builder)];

/** How many entries of its project may run. */
export function projectCap(
  { project, isShared }: Pick<QueueEntry, "project" | "isShared">,
  caps: QueueCaps,
): number {
  return isShared ? Math.min(caps.project, caps.shared(project).runningBuilds) : caps.project;
}

/** The narrowest cap that an entry has to wait for; undefined when it can run. */
export function capOf(entry: QueueEntry, shares: Shares, caps: QueueCaps): QueueCap | undefined {
  if (shares.ofProject(entry) >= projectCap(entry, caps)) return "project";
  if (shares.ofBuilder(entry) >= caps.builder(entry.builder)) return "builder";
  return shares.total >= caps.host ? "host" : undefined;
}

/**
 * The entry that runs next, of those that can; undefined when none can. The highest priority goes first, then the shared
 * project or the principal with the fewest running builds for its weight, or the one whose last turn was longest ago; then one of its
 * principals or projects, by the same rule; then the build that has waited longest.
 */
export function nextOf<Entry extends QueueEntry>(
  waiting: Iterable<Entry>,
  shares: Shares,
  caps: QueueCaps,
): Entry | undefined {
  if (shares.total >= caps.host) return undefined;
  let next: { entry: Entry; rank: Rank } | undefined;
  for (const entry of waiting) {
    if (next && entry.priority < next.entry.priority) continue;
    if (capOf(entry, shares, caps)) continue;
    const rank = shares.rankOf(entry, entry.isShared ? caps.shared(entry.project).weight : 1);
    if (!next || entry.priority > next.entry.priority || isBefore(rank, next.rank)) next = { entry, rank };
  }
  return next?.entry;
}

function isBefore(one: Rank, other: Rank): boolean {
  const at = one.findIndex((value, index) => value !== other[index]);
  return at >= 0 && one[at]! < other[at]!;
}

const none = Number.POSITIVE_INFINITY;

/**
 * All entries in the order in which they would run if nothing that runs ended and there were no caps.
 * @param waiting the oldest first
 */
export function inOrder<Entry extends QueueEntry>(
  waiting: Iterable<Entry>,
  shares: Shares,
  { shared }: Pick<QueueCaps, "shared">,
): Entry[] {
  const then = shares.copy();
  const uncapped = (project: string) => ({ ...shared(project), runningBuilds: none });
  const noCaps: QueueCaps = { host: none, project: none, builder: () => none, shared: uncapped };
  // Only the oldest ones of the same kind compete.
  const kinds = new Map<string, Entry[]>();
  for (const entry of waiting) {
    const kind = `${entry.priority}\0${shareKeys(entry)[1]}`;
    const entries = kinds.get(kind);
    if (entries) entries.push(entry);
    else kinds.set(kind, [entry]);
  }
  const queues = [...kinds.values()].map((entries) => ({ entries, taken: 0 }));
  const order: Entry[] = [];
  for (;;) {
    const heads = queues.flatMap(({ entries, taken }) => entries.slice(taken, taken + 1));
    const next = nextOf(heads, then, noCaps);
    if (!next) return order;
    then.add(next);
    order.push(next);
    queues.find(({ entries, taken }) => entries[taken] === next)!.taken++;
  }
}
