import { randomUUID } from "node:crypto";
import { Code, ConnectError } from "@connectrpc/connect";
import { readTypedError, renameFields, typedError } from "../../errors/typed-error.js";
import type { BuildSpec } from "../../gen/slipway/build/v1/build_spec_pb.js";
import type { BuilderRecord } from "../../gen/slipway/state/v1/builder_record_pb.js";
import type { FetchBakeRequest } from "../../gen/slipway/v1/bake_pb.js";
import { BuildState } from "../../gen/slipway/v1/build_event_pb.js";
import type { Build, StartBuildRequest } from "../../gen/slipway/v1/build_pb.js";
import { readRequestId, requestIdReused } from "../../requests/request-id.js";
import { whenAborted } from "../../util/when-aborted.js";
import type { Principal } from "../access/principal.js";
import { usualProject } from "../access/projects-file.js";
import type { Activity } from "../base/activity.js";
import { Quota } from "../quotas/quota.js";
import { isOver } from "../store/build-index.js";
import type { BuildRequest, LeftBuild } from "../store/build-store.js";
import { buildTakenOver } from "../store/taken-over.js";
import { abandonedBuild } from "./abandoned-build.js";
import { ofTarget } from "./bake.js";
import type { BuildCaller } from "./build-caller.js";
import { buildElsewhere } from "./build-elsewhere.js";
import { BuildViews } from "./build-views.js";
import { type FetchedDefinition, fetchDefinition } from "./fetch-definition.js";
import { type BuildHold, type HoldTerms, holdTerms, notHeld } from "./holds/build-hold.js";
import { KeptBuilds } from "./kept-builds.js";
import { linkTargets, type NamedSpec } from "./link-targets.js";
import type { TargetLinks } from "./linked-targets.js";
import { PolicyTrials } from "./policies/try-policies.js";
import type { BuildQueue, QueuedBuild, QueueLimits } from "./queue/build-queue.js";
import { LocalQueue } from "./queue/local-queue.js";
import type { Place } from "./queue/place.js";
import { SharedQueue } from "./queue/shared-queue.js";
import { redactSpec } from "./redaction/redact-spec.js";
import { isBound } from "./restarts/is-bound.js";
import { planRestarts, type Restart } from "./restarts/plan-restarts.js";
import { obstacleTo, type RestartTerms, restartRecord } from "./restarts/restart-record.js";
import type { RunningBuild } from "./running-build.js";
import { type LogRoom, RunningLogs } from "./running-logs.js";
import { checkSensitiveValues } from "./spec/check-sensitive-values.js";
import { projectOf } from "./spec/scheduling.js";
import { withoutTypedForms } from "./spec/typed-forms.js";
import { specDigest } from "./spec-digest.js";
import { type BuildServices, restartBuild, startBuild } from "./start-build.js";
import { UnstoredEnds } from "./unstored-ends.js";

/** What {@link Builds} works with. */
export interface BuildsOptions extends BuildServices {
  /** Running builds keep the host from being idle. */
  readonly activity: Activity;
  /** The present rights of the principal with an id. */
  rightsOf(id: string): Principal;
}

/** The builds that wait or run, from their first check on. */
const unfinishedBuilds = {
  all: "builds",
  each: "principal-builds",
  what: "running builds",
  remedy: "Start it when one of the running builds ends.",
} as const;

/** A build to start. */
interface Start {
  spec: BuildSpec;
  /** The specification without secret values. */
  shown: BuildSpec;
  /** The fields that the client set, by those of the specification. */
  fields: ReadonlyMap<string, string>;
  caller: BuildCaller;
  /** Whether the next host can run it. */
  terms: RestartTerms;
  request?: BuildRequest;
  /** When it is held for its client; default never. */
  hold?: HoldTerms;
}

/** What a build takes of the limits. */
interface Admission {
  /** What its events may take of the logs of running builds. */
  readonly room: LogRoom;
  /** Its place in the queue. */
  place?: Place;
  /** Gives up its place, and what it uses of the quota; can be called again. */
  leave(): void;
  /** Gives up that and the room for its events; can be called again. */
  end(): void;
}

/** A build that can run. */
interface Prepared {
  running: RunningBuild;
  admission: Admission;
  /** What the queue decides by. */
  entry: QueuedBuild;
}

/** All builds of this host: the running ones, and the records of those that ended. */
export class Builds {
  readonly #options: BuildsOptions;
  readonly #running = new Map<string, RunningBuild>();
  readonly #starting = new Map<string, { digest: string; build: Promise<Build> }>();
  readonly #quota: Quota;
  readonly #logs: RunningLogs;
  readonly #queue: BuildQueue;
  /** How many builds of a builder may run; those without a limit are not there. */
  readonly #builderLimits = new Map<string, number>();
  readonly #unstored: UnstoredEnds;
  readonly #kept: KeptBuilds;
  readonly #forced = new AbortController();
  #isStopping = false;
  /** What principals see of the builds. */
  readonly views: BuildViews;

  private constructor(options: BuildsOptions) {
    this.#options = options;
    this.#unstored = new UnstoredEnds(options.log);
    this.#quota = new Quota(unfinishedBuilds, options.limits);
    const limits: QueueLimits = {
      host: options.limits["running-builds"],
      project: options.limits["project-builds"],
      waiting: options.limits["queued-builds"],
      shared: (project) => options.projects?.settingsOf(project) ?? usualProject,
      builder: (name) => this.#builderLimits.get(name) ?? Number.POSITIVE_INFINITY,
    };
    const { team } = options.store.builds;
    this.#queue = team ? new SharedQueue(team.places, limits) : new LocalQueue(limits);
    options.projects?.onChange(() => this.#queue.refresh());
    this.#logs = new RunningLogs(options.limits);
    this.#kept = new KeptBuilds(options.store, options.limits);
    this.views = new BuildViews(this.#running, this.#unstored, options.store.builds);
  }

  /** Opens the records, and takes over the builds that hosts which have ended left. */
  static async open(options: BuildsOptions): Promise<Builds> {
    const builds = new Builds(options);
    await builds.#takeOver();
    builds.#listen();
    builds.#kept.watchAge(builds.#onPruneError);
    void builds.#kept.prune().catch(builds.#onPruneError);
    return builds;
  }

  /** Works with the other hosts, if there are any. */
  #listen(): void {
    const { store, log } = this.#options;
    let isTaking = false;
    store.builds.team?.listen({
      onTurn: () => {
        this.#queue.refresh();
        if (this.#isStopping || isTaking) return;
        isTaking = true;
        void this.#takeOver()
          .catch((error) => log.error("Builds of other hosts are not taken over", { error: String(error) }))
          .finally(() => {
            isTaking = false;
          });
      },
      onCancelled: (id, reason) => void this.#running.get(id)?.cancel(reason),
      onTakenOver: (id) => this.#running.get(id)?.lose(buildTakenOver(id)),
    });
  }

  /** Queues the builds of hosts that have ended, if they can be started again, in their old order, and ends the others. */
  async #takeOver(): Promise<void> {
    const { store, keyring, log, rightsOf } = this.#options;
    const left: readonly LeftBuild[] = await store.builds.takeLeft();
    if (left.length === 0) return;
    // One that this host had lost before may still close what it used.
    await Promise.all(left.map(({ build }) => this.#running.get(build.id)?.done));
    const plan = planRestarts(left, keyring, rightsOf, this.#options.uploads.areShared);
    const bakes = new Map<string, RunningBuild[]>();
    const broken = new Set<string>();
    for (const restart of plan.restarts) {
      const { build, bake, waited } = restart;
      let prepared: Prepared | undefined;
      try {
        prepared = await this.#restart(restart);
        // Before it runs: a build that ends its host must not be started without end.
        if (!waited) await store.builds.put(prepared.running.snapshot());
        if (bake) bakes.set(bake, [...(bakes.get(bake) ?? []), prepared.running]);
        void this.#run(prepared);
      } catch (cause) {
        if (prepared) await discard(prepared);
        const obstacle = `It cannot be started again: ${readTypedError(cause).message}`;
        plan.lost.push({ build, obstacle });
        if (bake) broken.add(bake);
      }
    }
    for (const [bake, targets] of bakes) {
      const reason = "Another target of the bake did not succeed.";
      this.#endTogether(targets, () => reason);
      if (broken.has(bake)) for (const running of targets) void this.#cancel(running, reason);
    }
    for (const { build, obstacle } of plan.lost) await this.#endLost(build, obstacle);
    log.info("Builds of an earlier host", {
      queued: left.length - plan.lost.length,
      ended: plan.lost.length,
    });
  }

  /** Ends a build of an earlier host; where several share a store, later when that is not possible now. */
  async #endLost(build: Build, obstacle: string): Promise<void> {
    const { store, limits, log } = this.#options;
    try {
      await this.#unstored.add(await abandonedBuild(store, build, limits, obstacle));
    } catch (cause) {
      if (!store.builds.team) throw cause;
      log.warn("A build of another host cannot be ended yet", { build: build.id, error: String(cause) });
      store.builds.team.leave(build.id);
    }
  }

  /** A build of an earlier host, with a place. */
  async #restart(restart: Restart): Promise<Prepared> {
    const { build, spec, caller } = restart;
    const stored = this.#options.store.builders.get(build.builder);
    if (stored) this.#limitBuilder(stored);
    const admission = this.#admit(caller.principal);
    try {
      const running = await restartBuild(this.#options, restart, admission.room);
      const entry = entryOf(build, build.spec ?? spec);
      const place = this.#queue.enterAgain(entry);
      admission.place = place;
      running.enter(place);
      return { running, admission, entry };
    } catch (cause) {
      admission.end();
      throw cause;
    }
  }

  readonly #onPruneError = (cause: unknown) => {
    this.#options.log.error("Builds above the limits are not removed", { error: String(cause) });
  };

  /** Number of builds that wait or run. */
  get running(): number {
    return this.#running.size;
  }

  /** Number of builds that wait or run, by whether their nodes are ready. */
  get phases(): { pending: number; executing: number } {
    const pending = [...this.#running.values()].filter(({ isPending }) => isPending).length;
    return { pending, executing: this.#running.size - pending };
  }

  /** How many builds of a principal can wait or run at the same time; Infinity for no limit. */
  runLimitOf(principal: Principal): number {
    return this.#quota.limitOf(principal);
  }

  /** Ids of the builds that wait or run. */
  get runningIds(): string[] {
    return [...this.#running.keys()];
  }

  #isBound(spec: BuildSpec): boolean {
    return isBound(spec, this.#options.uploads.areShared);
  }

  /** Starts a build, or returns the one that the same request id started. */
  async start(request: StartBuildRequest, caller: BuildCaller): Promise<Build> {
    const { requestId, spec: given } = request;
    if (!given) {
      const fields = [{ field: "spec", message: "It is missing." }];
      throw typedError({
        code: Code.InvalidArgument,
        reason: "SPEC_MISSING",
        message: "The request has no spec.",
        fields,
      });
    }
    const id = readRequestId(requestId);
    const hold = holdTerms(request);
    const { spec, fields } = withoutTypedForms(given);
    checkSensitiveValues(spec);
    const shown = redactSpec(spec);
    const obstacle = hold
      ? "A build that is held for its client is not started again."
      : obstacleTo([{ spec, shown, isLinked: false }], this.#options.keyring);
    const terms = { obstacle, bake: "", isBound: this.#isBound(spec) };
    const start = { spec, shown, fields, caller, hold, terms };
    if (!id) return this.#start(start);
    // Two principals may choose the same id.
    const key = `${caller.principal.id} ${id}`;
    const digest = specDigest(spec, shown);
    const starting = this.#starting.get(key);
    if (starting) {
      if (starting.digest !== digest) throw requestIdReused();
      return starting.build;
    }
    const build = this.#startOnce({ ...start, request: { id: key, digest } }).finally(() =>
      this.#starting.delete(key),
    );
    this.#starting.set(key, { digest, build });
    return build;
  }

  /**
   * Starts the builds of a bake, all or none. When one of them does not succeed, the others are cancelled.
   * @param targets their names are checked
   */
  async startTogether(targets: readonly NamedSpec[], caller: BuildCaller): Promise<Build[]> {
    const links = linkTargets(targets);
    const candidates = targets.map(({ spec: given }, index) => {
      try {
        const { spec, fields } = withoutTypedForms(given);
        checkSensitiveValues(spec);
        return { spec, fields, shown: redactSpec(spec), isLinked: links[index] !== undefined };
      } catch (cause) {
        throw ofTarget(index, cause);
      }
    });
    const bake = targets.length > 1 ? randomUUID() : "";
    const obstacle = obstacleTo(candidates, this.#options.keyring);
    const terms = { bake, obstacle, isBound: candidates.some(({ spec }) => this.#isBound(spec)) };
    const starts = candidates.map(({ spec, shown, fields }) => ({ spec, shown, fields, caller, terms }));
    const prepared = await Promise.allSettled(
      starts.map((start, index) => this.#prepare(start, links[index])),
    );
    const ready = prepared.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
    const failed = prepared.findIndex(({ status }) => status === "rejected");
    if (failed >= 0) {
      await Promise.all(ready.map(discard));
      throw ofTarget(failed, (prepared[failed] as PromiseRejectedResult).reason);
    }
    try {
      // Builds that use results of each other have to run at the same time.
      const linked = ready.filter((_, index) => links[index]);
      if (linked.length > 0) await this.#enter(linked);
      for (const each of ready) if (!linked.includes(each)) await this.#enter([each]);
    } catch (cause) {
      await Promise.all(ready.map(discard));
      throw cause;
    }
    this.#endTogether(
      ready.map(({ running }) => running),
      (index) => `The target ${targets[index]!.name} did not succeed.`,
    );
    ready.forEach(({ running }, index) => {
      void running.done.then(() => {
        const { error } = running.snapshot();
        links[index]?.provides?.end(
          new ConnectError(error?.message ?? "The target has ended.", Code.Canceled),
        );
        for (const used of links[index]?.uses.values() ?? []) used.release();
      });
    });
    const accepted = await Promise.allSettled(ready.map((each, index) => this.#accept(each, starts[index]!)));
    const refused = accepted.find((each) => each.status === "rejected");
    if (!refused) return accepted.map((each) => (each as PromiseFulfilledResult<Build>).value);
    for (const { running } of ready) running.cancel("Another target could not be stored.");
    throw refused.reason;
  }

  /** Fetches the definition of a bake by the BuildKit of a builder. It counts as a running build in the quota. */
  fetchDefinition(
    request: FetchBakeRequest,
    caller: BuildCaller,
    signal: AbortSignal,
  ): Promise<FetchedDefinition> {
    return this.#counted(caller, () => fetchDefinition(this.#options, request, caller, signal));
  }

  /** Evaluates, describes or tests policies without a build. It counts as a running build in the quota. */
  tryPolicies<T>(caller: BuildCaller, work: (trials: PolicyTrials) => Promise<T>): Promise<T> {
    return this.#counted(caller, () => work(new PolicyTrials(this.#options)));
  }

  async #counted<T>({ principal }: BuildCaller, work: () => Promise<T>): Promise<T> {
    this.#quota.take(principal, 1);
    try {
      return await work();
    } finally {
      this.#quota.give(principal, 1);
    }
  }

  /** Starts a build, or returns the one that the same request has started. */
  async #startOnce(start: Start & { request: BuildRequest }): Promise<Build> {
    const { builds } = this.#options.store;
    const known = async () => {
      const found = await builds.ofRequest(start.request.id);
      if ((found?.digest ?? start.request.digest) !== start.request.digest) throw requestIdReused();
      return found && this.views.get(found.build, start.caller.principal);
    };
    const before = await known();
    if (before) return before;
    try {
      return await this.#start(start);
    } catch (cause) {
      // It may have come to another host at the same time.
      const other = builds.team && (await known().catch(() => undefined));
      if (other) return other;
      throw cause;
    }
  }

  async #start(start: Start): Promise<Build> {
    const prepared = await this.#prepare(start);
    try {
      await this.#enter([prepared]);
    } catch (cause) {
      await discard(prepared);
      throw cause;
    }
    return this.#accept(prepared, start);
  }

  /** Gives builds a place in the queue, one for all of them. */
  async #enter(builds: readonly Prepared[]): Promise<void> {
    const priority = Math.max(...builds.map(({ entry }) => entry.priority));
    const place = await this.#queue.enter({ ...builds[0]!.entry, priority }, builds.length);
    for (const { running, admission } of builds) {
      admission.place = place;
      running.enter(place);
    }
  }

  /** Counts a build in the quotas. RESOURCE_EXHAUSTED, reason QUOTA_EXCEEDED, when there is no room. */
  #admit(principal: Principal): Admission {
    this.#quota.take(principal, 1);
    let room: LogRoom;
    try {
      room = this.#logs.open(principal);
    } catch (cause) {
      this.#quota.give(principal, 1);
      throw cause;
    }
    let counts = true;
    const admission: Admission = {
      room,
      leave: () => {
        if (!counts) return;
        counts = false;
        this.#quota.give(principal, 1);
        admission.place?.leave();
      },
      end: () => {
        admission.leave();
        room.close();
      },
    };
    return admission;
  }

  /** Checks a build and opens what it needs. It counts in the quota from now on. */
  async #prepare({ fields, ...start }: Start, links?: TargetLinks): Promise<Prepared> {
    try {
      const { shown, caller } = start;
      const admission = this.#admit(caller.principal);
      try {
        const { room } = admission;
        const { running, builder } = await startBuild(this.#options, { ...start, room, links });
        this.#limitBuilder(builder);
        return { running, admission, entry: entryOf(running.snapshot(), shown) };
      } catch (cause) {
        admission.end();
        throw cause;
      }
    } catch (cause) {
      throw renameFields(cause, (field) => fields.get(field) ?? field);
    }
  }

  #limitBuilder({ name, maxRunningBuilds }: BuilderRecord): void {
    if (maxRunningBuilds > 0) this.#builderLimits.set(name, maxRunningBuilds);
    else this.#builderLimits.delete(name);
  }

  /** Runs a build, and resolves with its first record once that is stored. */
  async #accept(prepared: Prepared, { spec, terms, request }: Start): Promise<Build> {
    const { running } = prepared;
    const { store, registry, log, keyring } = this.#options;
    const build = running.snapshot();
    let stored: Promise<void>;
    try {
      store.requireRoom();
      const restart = restartRecord(build, spec, terms, keyring);
      stored = store.builds.add(build, { request, restart, isBound: terms.isBound });
      // Where several hosts start builds, another one may have accepted the same request.
      if (store.builds.team) await stored;
    } catch (cause) {
      await discard(prepared);
      throw cause;
    }
    const kept = build.state === BuildState.QUEUED ? running.keepInputs() : undefined;
    registry.touch(build.builder).catch((error) => log.warn("A use is not stored", { error: String(error) }));
    // The build does not wait for the disk; only the answer confirms that it is stored.
    void this.#run(prepared);
    try {
      await Promise.all([stored, kept]);
    } catch (cause) {
      running.cancel("The build could not be stored.");
      throw cause;
    }
    return build;
  }

  /** Never rejects. */
  async #run({ running, admission }: Prepared): Promise<void> {
    const { activity, log } = this.#options;
    const { id } = running.snapshot();
    this.#running.set(id, running);
    const release = activity.hold();
    try {
      const onEnded = () => this.#unstored.add(running);
      await running.run({ onClosed: admission.leave, onEnded }).finally(() => {
        admission.end();
        this.#running.delete(id);
        release();
      });
      await this.#unstored.retry();
      await this.#kept.prune();
    } catch (error) {
      log.error("Ending a build failed", { build: id, error: String(error) });
    }
  }

  /** The build while it runs, as {@link BuildViews.getForChange}. */
  async #runningOf(id: string, caller: Principal, what: string): Promise<RunningBuild | undefined> {
    await this.views.getForChange(id, caller, what);
    return this.#running.get(id);
  }

  /** Whether the host stops: clients that leave now have not chosen to. */
  get isStopping(): boolean {
    return this.#isStopping;
  }

  /** Leaves the builds that wait to the next host, and ends those that it cannot run: reason HOST_STOPPED. */
  suspendQueued(): void {
    this.#isStopping = true;
    let endWatches = () => {};
    // Who watched again before the next host can start would find none.
    const ended = new Promise<void>((resolve) => {
      endWatches = resolve;
    });
    const going = [...this.#running.values()].filter((running) => !running.suspend(ended));
    const allDone = Promise.all(going.map(({ done }) => done));
    void Promise.race([allDone, whenAborted(this.#forced.signal)]).then(endWatches);
    this.#queue.close();
    for (const { hold } of this.#running.values()) hold?.release();
  }

  /** Leaves the builds that still run to the next host, and ends those that it cannot run: reason HOST_STOPPED. */
  handOver(): void {
    for (const running of this.#running.values()) running.handOver();
  }

  /**
   * Cancels a build that waits or runs; one that has ended stays as it is. Resolves when no later host would start it
   * again.
   * @param hereOnly leave a build that another host runs as it is
   */
  async cancel(id: string, caller: Principal, { hereOnly = false } = {}): Promise<Build> {
    const running = await this.#runningOf(id, caller, "CancelBuild");
    const reason = "The build was cancelled.";
    if (running) await this.#cancel(running, reason);
    // Another host may run it.
    else if (this.#options.store.builds.team && !hereOnly)
      await this.#options.store.builds.preventRestart(id, reason);
    return this.views.get(id, caller);
  }

  /** Never rejects. */
  async #cancel(running: RunningBuild, reason: string): Promise<void> {
    if (!running.cancel(reason)) return;
    const { store, log } = this.#options;
    const { id } = running.snapshot();
    await store.builds
      .preventRestart(id, reason)
      .catch((error) => log.warn("A cancellation is not stored", { build: id, error: String(error) }));
  }

  /**
   * Cancels the targets of a bake when one of them does not succeed.
   * @param reason for that of this index
   */
  #endTogether(targets: readonly RunningBuild[], reason: (index: number) => string): void {
    targets.forEach((running, index) => {
      void running.done.then(() => {
        const build = running.snapshot();
        // One that is left to the next host has not ended.
        if (!isOver(build) || build.state === BuildState.SUCCEEDED) return;
        for (const other of targets) void this.#cancel(other, reason(index));
      });
    });
  }

  /** The stream of an output while the build runs. */
  async readOutput(id: string, output: number, reader: Principal) {
    const running = await this.#runningOf(id, reader, "ReadOutput");
    const build = await this.views.get(id, reader);
    // For a moment after its last event the build is still among the running ones.
    if (running && !isOver(build)) return running.streams.take(output);
    if (!isOver(build)) await this.#requireHere(id);
    throw typedError({
      code: Code.FailedPrecondition,
      reason: "BUILD_OVER",
      message: `Build ${build.id} has ended; its outputs can only be read while it runs.`,
    });
  }

  /** Rejects with BUILD_ELSEWHERE if another host may run a build. */
  async #requireHere(id: string): Promise<void> {
    const { team } = this.#options.store.builds;
    if (team) throw buildElsewhere(id, (await team.hostOf(id))?.name);
  }

  /**
   * The hold of a build that runs. Throws NOT_FOUND (BUILD_UNKNOWN), FAILED_PRECONDITION (BUILD_NOT_HELD) for one that is
   * never held or runs on another host (BUILD_ELSEWHERE), and PERMISSION_DENIED (OWNER_REQUIRED) for everyone but its
   * owner.
   */
  async holdOf(id: string, caller: Principal): Promise<BuildHold> {
    const build = await this.views.getForChange(id, caller, "DebugService");
    const running = this.#running.get(id);
    if (!running && !isOver(build)) await this.#requireHere(id);
    if (!running?.hold) throw notHeld();
    if (build.owner === caller.id) return running.hold;
    throw typedError({
      code: Code.PermissionDenied,
      reason: "OWNER_REQUIRED",
      message: "Only the owner of a build can debug it.",
      fields: [{ field: "id", message: "The build is another one's." }],
    });
  }

  /** Resolves when no build waits or runs here. */
  async ended(): Promise<void> {
    while (this.#running.size > 0) await Promise.all([...this.#running.values()].map(({ done }) => done));
  }

  /** Waits for all builds to end; with force it cancels them first. */
  async close({ force }: { force: boolean }): Promise<void> {
    const running = [...this.#running.values()];
    if (force) {
      for (const build of running) build.cancel("The host is stopping.");
      this.#forced.abort();
    }
    await Promise.all(running.map((build) => build.done));
    this.#kept.close();
    await this.#unstored.close();
  }
}

/** Closes a build that will not run. */
function discard({ running, admission }: Prepared): Promise<void> {
  return running.discard().finally(admission.end);
}

/** @param shown the specification without secret values */
function entryOf({ id, owner, project, builder }: Build, shown: BuildSpec): Prepared["entry"] {
  const { priority } = shown;
  return { id, owner, project: project || projectOf(shown), isShared: project !== "", builder, priority };
}
