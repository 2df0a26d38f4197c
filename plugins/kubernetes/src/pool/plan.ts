import { rankPods } from "../dial/choose-pod.js";

/** What a worker of a pool can do now. Its index has a claim, and so a cache, that outlives its pod. */
export interface WorkerView {
  index: number;
  /**
   * "idle": ready and not leased. "busy": leased, also by another host. "starting": not ready yet. "ending": it is being
   * deleted. "failed": it has ended, or will never be ready.
   */
  state: "idle" | "busy" | "starting" | "ending" | "failed";
  /** How long it has been in this state, in milliseconds. */
  forMs: number;
  /** It was created with other settings, so no lease gets it. */
  outdated: boolean;
}

/** A lease that waits for a worker. */
export interface WaitView {
  id: string;
  /** Leases with the same key have the same home worker, which has their cache. */
  key: string;
  waitedMs: number;
}

/** The limits of a pool. */
export interface PoolLimits {
  min: number;
  max: number;
  /** After this time without a lease a worker is removed, in milliseconds. */
  idleMs: number;
  /** How long a lease waits for its home worker while another one is idle, in milliseconds. */
  stealMs: number;
}

/** What to do next. */
export interface PoolPlan {
  assign: { id: string; index: number }[];
  /** Indexes of workers to create. */
  create: number[];
  /** Indexes of workers to remove; none of them is busy. */
  remove: number[];
  /** When to plan again although nothing has changed, in milliseconds. */
  againMs?: number;
}

/**
 * Decides which leases get which workers, and which workers are created and removed.
 *
 * A lease gets its home worker, by the rendezvous rank of its key among all indexes. When that is not free, the lease
 * waits for the stealing time and then gets any idle one. A worker is created for each lease that no other one is
 * expected for: its home if possible. Idle workers are removed, those that have been idle for longest first.
 * @param waits the oldest first
 */
export function planPool(workers: WorkerView[], waits: WaitView[], limits: PoolLimits): PoolPlan {
  const { min, max, idleMs, stealMs } = limits;
  const byIndex = new Map(workers.map((worker) => [worker.index, worker]));
  const indexes = Array.from({ length: max }, (_, index) => index);
  const ranked = waits.map((wait) => ({ ...wait, ranks: rankPods(indexes, String, "sticky", wait.key) }));
  const plan: PoolPlan = { assign: [], create: [], remove: [] };
  const again: number[] = [];

  const usable = (index: number) => {
    const worker = byIndex.get(index);
    return worker?.outdated ? undefined : worker?.state;
  };
  const taken = new Set<number>();
  const assign = (choose: (wait: (typeof ranked)[number]) => number | undefined) => {
    for (const wait of [...ranked]) {
      const index = choose(wait);
      if (index === undefined) continue;
      taken.add(index);
      plan.assign.push({ id: wait.id, index });
      ranked.splice(ranked.indexOf(wait), 1);
    }
  };
  const isFree = (index: number) => usable(index) === "idle" && !taken.has(index);
  assign(({ ranks }) => ranks.slice(0, 1).find(isFree));
  assign(({ ranks, waitedMs }) => (waitedMs >= stealMs ? ranks.find(isFree) : undefined));
  if (indexes.some(isFree)) again.push(...ranked.map(({ waitedMs }) => stealMs - waitedMs));

  // Those that are left wait for a worker that is expected to be free.
  const expected = new Set<number>();
  const expect = (index: number | undefined) => {
    if (index === undefined) return false;
    expected.add(index);
    if (!byIndex.has(index)) plan.create.push(index);
    return true;
  };
  const isOpen = (index: number) => !taken.has(index) && !expected.has(index);
  const isComing = (index: number) => isOpen(index) && ["starting", "idle"].includes(usable(index) ?? "");
  const isAbsent = (index: number) => isOpen(index) && !byIndex.has(index);
  // A home that has failed is removed now, and created in the next step.
  const isReplaced = (index: number) => isOpen(index) && usable(index) === "failed";
  const homeless = ranked.filter(
    ({ ranks }) =>
      !expect(ranks.slice(0, 1).find((home) => isComing(home) || isAbsent(home) || isReplaced(home))),
  );
  for (const { ranks } of homeless) expect(ranks.find(isComing) ?? ranks.find(isAbsent));

  const isLive = ({ state, outdated }: WorkerView) =>
    !outdated && (state === "idle" || state === "busy" || state === "starting");
  let live = workers.filter((worker) => isLive(worker) && worker.index < max).length + plan.create.length;
  for (const index of indexes.filter(isAbsent)) {
    if (live >= min) break;
    plan.create.push(index);
    live++;
  }

  const spare = workers
    .filter(({ state, index }) => (state === "idle" || state === "starting") && isOpen(index))
    .sort((a, b) => b.forMs - a.forMs);
  for (const { index, outdated, forMs } of spare) {
    if (outdated || index >= max) plan.remove.push(index);
    else if (live <= min) continue;
    else if (forMs < idleMs) again.push(idleMs - forMs);
    else {
      plan.remove.push(index);
      live--;
    }
  }
  plan.remove.push(...workers.filter(({ state }) => state === "failed").map(({ index }) => index));
  if (again.length > 0) plan.againMs = Math.max(0, Math.min(...again));
  return plan;
}
