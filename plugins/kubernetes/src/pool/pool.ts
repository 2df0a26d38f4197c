import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { V1Pod } from "@kubernetes/client-node";
import { type Lease, log, NodeState, readTypedError } from "slipway/driver";
import { kinds } from "../cluster/kinds.js";
import { identityOf, type Target } from "../cluster/open.js";
import { ChangeLog } from "../pods/change-log.js";
import { describePod } from "../pods/describe.js";
import { busyLabel } from "../workload/ownership.js";
import { isClaimInUse, startFault } from "./faults.js";
import { HeldWorker } from "./held-worker.js";
import { type PoolPlan, planPool, type WorkerView } from "./plan.js";
import { applyShared, createWorker, workerSelector } from "./pool-objects.js";
import type { PoolSettings } from "./settings.js";
import { WaitingLease } from "./waiting-lease.js";
import { Worker } from "./worker.js";
import { leaseAnnotation, renewedAnnotation, settingsDigest } from "./worker-pod.js";

/** Begins the names of this process's leases on pods. */
const processId = randomUUID().slice(0, 8);
/** How often leases are renewed, in milliseconds; others take one for stale after four times that. */
const renewMs = 15_000;
/** A watch is begun anew after this time, in case its connection is dead, in milliseconds. */
const watchMs = 60_000;
/** Time between attempts to watch, in milliseconds. */
const retryMs = 1_000;
/** How often the pool looks for events and timeouts while leases wait, in milliseconds. */
const waitingMs = 1_000;
/** How long no worker is created after one could not be created or started, in milliseconds. */
const backoffMs = 10_000;
/** How long the release of a worker may take, in milliseconds. */
const releaseMs = 8_000;

/** Pools that this process looks after, by their identity. */
const pools = new Map<string, Pool>();

/** The pool of a node, with its present settings. */
export function poolOf(target: Target): Pool {
  const key = identityOf(target);
  const pool = pools.get(key) ?? new Pool(target, () => pools.delete(key));
  pools.set(key, pool);
  pool.configure(target);
  return pool;
}

/**
 * Looks after the workers of one pool: gives them to leases, creates and removes them. What is leased is in the cluster,
 * so that hosts can share a pool: every change of a pod fails if another host has changed it. It ends by itself when
 * nothing is left to do.
 */
export class Pool {
  readonly #onEnd: () => void;
  readonly #ended = new AbortController();
  readonly #workers = new Map<string, Worker>();
  readonly #waiting = new Set<WaitingLease>();
  readonly #held = new Set<HeldWorker>();
  /** Names of this process's leases on pods, also of those that are being acquired or released. */
  readonly #claims = new Set<string>();
  /** When a worker first failed to start because its claim was in use, by worker name. */
  readonly #claimsInUse = new Map<string, number>();
  /** Workers that were deleted by this process, by the id of their pod. */
  readonly #deleted = new Set<string>();
  #target: Target;
  #digest: string;
  /** Applies what the workers share, once for each configuration. */
  #shared: Promise<void> | undefined;
  /** The workers are known. */
  #isSynced = false;
  /** Why the last worker could not be created or started. */
  #fault: { cause: unknown; at: number } | undefined;
  #changes: ChangeLog | undefined;
  #isReporting = false;
  #step: Promise<void> | undefined;
  #again = false;
  #timer: NodeJS.Timeout | undefined;
  readonly #renewals: NodeJS.Timeout;

  constructor(target: Target, onEnd: () => void) {
    this.#target = target;
    this.#digest = settingsDigest(target.config);
    this.#onEnd = onEnd;
    this.#renewals = setInterval(() => void this.#renew(), renewMs).unref();
    void this.#follow();
  }

  /** Uses these settings from now on. Workers with others are replaced when they are not leased. */
  configure(target: Target): void {
    const digest = settingsDigest(target.config);
    if (digest !== this.#digest) this.#shared = undefined;
    this.#target = target;
    this.#digest = digest;
    this.#wake();
  }

  /** Waits for a worker. */
  async acquire(lease: Lease): Promise<HeldWorker> {
    const waiting = new WaitingLease(lease, this.#target.settings.name);
    const leave = () => this.#reject(waiting, lease.signal.reason);
    lease.signal.addEventListener("abort", leave);
    this.#waiting.add(waiting);
    this.#wake();
    try {
      if (lease.signal.aborted) leave();
      return await waiting.result;
    } finally {
      lease.signal.removeEventListener("abort", leave);
    }
  }

  /** Gives a worker back. */
  async release(held: HeldWorker): Promise<void> {
    this.#held.delete(held);
    try {
      if (held.claim) await this.#unclaim(held.name, held.claim, AbortSignal.timeout(releaseMs));
    } catch (error) {
      log.warn(`Cannot release worker ${held.name} yet: ${readTypedError(error).message}`);
    } finally {
      this.#wake();
    }
  }

  get #limits(): PoolSettings {
    return this.#target.settings.pool!;
  }

  /** Follows the changes of the pool's pods until the pool ends. */
  async #follow(): Promise<void> {
    const { signal } = this.#ended;
    while (!signal.aborted) {
      try {
        await this.#watch(AbortSignal.any([signal, AbortSignal.timeout(watchMs)]));
      } catch (cause) {
        if (signal.aborted) return;
        if ((cause as Error).name === "TimeoutError") continue;
        // Without the pods nothing can be leased. Those that are leased are used as long as their connections live.
        if (!this.#isSynced) this.#rejectAll(cause);
        if (this.#waiting.size === 0 && this.#held.size === 0) this.#end();
        await sleep(retryMs, undefined, { signal, ref: false }).catch(() => {});
      }
    }
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { api, settings } = this.#target;
    const labels = workerSelector(settings.name);
    const { items, resourceVersion } = await api.list<V1Pod>(kinds.pods, { labels }, signal);
    const names = new Set(items.map(({ metadata }) => metadata!.name!));
    for (const name of this.#workers.keys()) if (!names.has(name)) this.#see(name, undefined);
    for (const pod of items) this.#see(pod.metadata!.name!, pod);
    this.#isSynced = true;
    this.#wake();
    for await (const { type, object } of api.watch<V1Pod>(kinds.pods, { labels }, resourceVersion, signal)) {
      // The version is too old: lists the pods again.
      if (type === "ERROR") return;
      if (type === "BOOKMARK") continue;
      this.#see(object.metadata!.name!, type === "DELETED" ? undefined : object);
      this.#wake();
    }
  }

  /** Takes note of a pod; undefined when it does not exist any more. */
  #see(name: string, pod: V1Pod | undefined): void {
    const known = this.#workers.get(name);
    if (!pod) {
      this.#workers.delete(name);
      if (known) this.#deleted.delete(known.pod.metadata!.uid!);
    } else if (known && known.pod.metadata!.uid === pod.metadata!.uid) known.update(pod);
    else this.#workers.set(name, new Worker(pod));
    for (const held of this.#held) if (held.name === name) held.observe(pod);
  }

  /** Plans soon; calls while a step runs are taken together. */
  #wake(): void {
    this.#again = true;
    this.#step ??= this.#run().finally(() => {
      this.#step = undefined;
      if (this.#again && this.#isSynced && !this.#ended.signal.aborted) this.#wake();
    });
  }

  async #run(): Promise<void> {
    // What comes at the same time is planned together.
    await Promise.resolve();
    while (this.#again && this.#isSynced && !this.#ended.signal.aborted) {
      this.#again = false;
      clearTimeout(this.#timer);
      await this.#next();
    }
  }

  async #next(): Promise<void> {
    const views = this.#judge();
    this.#shareReady();
    const waits = [...this.#waiting].map((waiting) => waiting.view());
    const plan = planPool(views, waits, this.#limits);
    const create = this.#isBackingOff ? [] : plan.create;
    const unused = [...this.#workers.values()].filter(({ lease }) => this.#isLeftOver(lease));
    await Promise.all([
      ...plan.assign.map(({ id, index }) => this.#assign(id, index)),
      ...create.map((index) => this.#create(index)),
      ...plan.remove.map((index) => this.#remove(index)),
      ...unused.map(({ name, lease }) => this.#unclaim(name, lease!, this.#ended.signal).catch(() => {})),
    ]);
    this.#giveUp();
    void this.#report(plan);
    this.#rest(plan, views);
  }

  #viewOf(worker: Worker): WorkerView {
    return worker.view(this.#digest, this.#deleted);
  }

  /** The workers as they are now. One that cannot start counts as failed. */
  #judge(): WorkerView[] {
    return [...this.#workers.values()].map((worker) => {
      const before = this.#viewOf(worker);
      if (before.state === "idle" || before.state === "busy") this.#claimsInUse.delete(worker.name);
      if (before.state !== "starting" && !(before.state === "failed" && worker.wasStarting)) return before;
      const fault = startFault(worker.pod, before.forMs, this.#target);
      if (!fault) return before;
      if (!worker.isBroken && !this.#mayTryAgain(worker))
        this.#fault = { cause: fault, at: performance.now() };
      worker.isBroken = true;
      return this.#viewOf(worker);
    });
  }

  /** A worker's claim is still in use, but not for longer than a worker may take to start. */
  #mayTryAgain({ pod, name }: Worker): boolean {
    if (!isClaimInUse(pod)) return false;
    const since = this.#claimsInUse.get(name) ?? performance.now();
    this.#claimsInUse.set(name, since);
    return performance.now() - since < this.#target.settings.timeoutMs;
  }

  /** Leases that only read share a worker that is ready. */
  #shareReady(): void {
    const ready = [...this.#workers.values()].find(({ pod }) => describePod(pod).state === NodeState.RUNNING);
    if (!ready) return;
    for (const waiting of this.#waiting)
      if (waiting.isShared) this.#give(waiting, new HeldWorker(ready.pod, undefined, waiting.lease));
  }

  async #assign(id: string, index: number): Promise<void> {
    const waiting = [...this.#waiting].find((one) => one.id === id);
    const worker = this.#at(index);
    if (!waiting || !worker) return;
    const claim = `${processId}/${id}`;
    this.#claims.add(claim);
    const metadata = {
      resourceVersion: worker.version,
      labels: { [busyLabel]: "true" },
      annotations: { [leaseAnnotation]: claim, [renewedAnnotation]: new Date().toISOString() },
    };
    let pod: V1Pod | undefined;
    try {
      pod = await this.#patch(worker.name, { metadata });
    } catch (cause) {
      this.#tolerate(cause, waiting);
    }
    if (!pod) {
      this.#claims.delete(claim);
      return;
    }
    const held = new HeldWorker(pod, claim, waiting.lease);
    // It may have left meanwhile.
    if (this.#waiting.has(waiting)) this.#give(waiting, held);
    else this.#claims.delete(claim);
  }

  #give(waiting: WaitingLease, held: HeldWorker): void {
    this.#waiting.delete(waiting);
    this.#held.add(held);
    waiting.resolve(held);
    held.observe(this.#workers.get(held.name)?.pod);
  }

  async #create(index: number): Promise<void> {
    const { signal } = this.#ended;
    try {
      this.#shared ??= applyShared(this.#target, signal);
      await this.#shared;
      const pod = await createWorker(this.#target, index, signal);
      if (pod) this.#see(pod.metadata!.name!, pod);
    } catch (cause) {
      this.#shared = undefined;
      if (!signal.aborted) this.#fault = { cause, at: performance.now() };
    }
  }

  /** Deletes a worker unless it has changed, for example because another host has leased it. */
  async #remove(index: number): Promise<void> {
    const worker = this.#at(index);
    if (!worker) return;
    const { name, pod, version } = worker;
    const { api } = this.#target;
    try {
      const preconditions = { resourceVersion: version };
      await api.delete(kinds.pods, name, this.#ended.signal, { preconditions });
      this.#deleted.add(pod.metadata!.uid!);
    } catch (cause) {
      this.#tolerate(cause);
    }
  }

  /** Takes a lease off a pod, unless the pod has another one. */
  async #unclaim(name: string, claim: string, signal: AbortSignal): Promise<void> {
    this.#claims.delete(claim);
    for (;;) {
      const worker = this.#workers.get(name);
      if (worker?.lease !== claim) return;
      const metadata = {
        resourceVersion: worker.version,
        labels: { [busyLabel]: null },
        annotations: { [leaseAnnotation]: null, [renewedAnnotation]: null },
      };
      try {
        await this.#patch(name, { metadata }, signal);
        return;
      } catch (cause) {
        if (readTypedError(cause).reason !== "KUBERNETES_CONFLICT") throw cause;
        this.#see(name, await this.#target.api.get<V1Pod>(kinds.pods, name, signal));
      }
    }
  }

  async #renew(): Promise<void> {
    const claimed = [...this.#held].filter(({ claim }) => claim);
    await Promise.all(
      claimed.map(async ({ name, claim }) => {
        const worker = this.#workers.get(name);
        if (worker?.lease !== claim) return;
        const annotations = { [renewedAnnotation]: new Date().toISOString() };
        // If the pod has changed meanwhile, the next renewal is in time.
        await this.#patch(name, { metadata: { resourceVersion: worker!.version, annotations } }).catch(
          () => {},
        );
      }),
    );
  }

  async #patch(name: string, body: object, signal = this.#ended.signal): Promise<V1Pod | undefined> {
    const pod = await this.#target.api.patch<V1Pod>(kinds.pods, name, body, signal);
    this.#see(name, pod);
    return pod;
  }

  /** A conflict means that the pod has changed; the watch brings the change. Any other failure is that of the lease. */
  #tolerate(cause: unknown, waiting?: WaitingLease): void {
    if (this.#ended.signal.aborted || readTypedError(cause).reason === "KUBERNETES_CONFLICT") return;
    if (waiting) this.#reject(waiting, cause);
    else log.warn(`A worker cannot be removed: ${readTypedError(cause).message}`);
  }

  /** Ends the wait of all leases when no worker can be created or started, and none is left that they could get. */
  #giveUp(): void {
    if (!this.#fault) return;
    const isLeft = [...this.#workers.values()].some((worker) => {
      const { state, outdated } = this.#viewOf(worker);
      return state === "busy" || (!outdated && (state === "idle" || state === "starting"));
    });
    if (!isLeft) this.#rejectAll(this.#fault.cause);
    // The next lease tries again.
    if (this.#waiting.size === 0) this.#fault = undefined;
  }

  #rejectAll(cause: unknown): void {
    for (const waiting of [...this.#waiting]) this.#reject(waiting, cause);
  }

  #reject(waiting: WaitingLease, cause: unknown): void {
    if (!this.#waiting.delete(waiting)) return;
    waiting.reject(cause);
    this.#wake();
  }

  get #isBackingOff(): boolean {
    return this.#fault !== undefined && performance.now() - this.#fault.at < backoffMs;
  }

  /** A lease of this process that it has given back, but that is still on the pod. */
  #isLeftOver(lease: string | undefined): boolean {
    return lease?.startsWith(`${processId}/`) === true && !this.#claims.has(lease);
  }

  /** Tells those that wait what happens. */
  async #report({ create }: PoolPlan): Promise<void> {
    if (this.#waiting.size === 0) {
      this.#changes = undefined;
      return;
    }
    for (const waiting of this.#waiting) waiting.write();
    const changes =
      this.#changes ??
      new ChangeLog(this.#target, (line) => {
        for (const waiting of this.#waiting) waiting.write(line);
      });
    this.#changes = changes;
    const inState = (state: WorkerView["state"]) =>
      [...this.#workers.values()].filter((worker) => this.#viewOf(worker).state === state);
    const busy = inState("busy").length;
    if (busy === this.#limits.max) changes.add(`All workers are busy: ${busy}.`);
    if (this.#fault) changes.add(readTypedError(this.#fault.cause).message);
    if (create.length > 0 || this.#isReporting) return;
    this.#isReporting = true;
    const starting = inState("starting");
    try {
      if (starting.length > 0)
        await changes.report({ pods: starting.map(({ pod }) => pod) }, this.#ended.signal);
    } catch {
      // Only the user's view of it suffers.
    } finally {
      this.#isReporting = false;
    }
  }

  /** Sets the time of the next step, or ends the pool when nothing is left to do. */
  #rest({ againMs }: PoolPlan, views: WorkerView[]): void {
    const isBusy = this.#waiting.size > 0 || this.#held.size > 0 || this.#claims.size > 0;
    const isChanging = views.some(({ state }) => ["starting", "ending", "failed"].includes(state));
    if (!isBusy && !isChanging && againMs === undefined && !this.#again) {
      this.#end();
      return;
    }
    const stale = [...this.#workers.values()].flatMap(({ staleInMs }) => staleInMs ?? []);
    const times = [
      ...(againMs === undefined ? [] : [againMs]),
      ...(this.#waiting.size > 0 ? [waitingMs, ...stale] : []),
      ...(isChanging ? [waitingMs * 5] : []),
    ];
    if (times.length === 0) return;
    this.#timer = setTimeout(() => this.#wake(), Math.min(...times) + 10).unref();
  }

  #at(index: number): Worker | undefined {
    return [...this.#workers.values()].find((worker) => worker.index === index);
  }

  #end(): void {
    clearTimeout(this.#timer);
    clearInterval(this.#renewals);
    this.#ended.abort();
    this.#onEnd();
  }
}
