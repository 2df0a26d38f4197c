import { Code, ConnectError } from "@connectrpc/connect";
import { renameFields, typedError } from "../../errors/typed-error.js";
import type { BuildSpec } from "../../gen/slipway/build/v1/build_spec_pb.js";
import type { BuilderRecord } from "../../gen/slipway/state/v1/builder_record_pb.js";
import type { FetchBakeRequest } from "../../gen/slipway/v1/bake_pb.js";
import { BuildState } from "../../gen/slipway/v1/build_event_pb.js";
import type { Build, StartBuildRequest } from "../../gen/slipway/v1/build_pb.js";
import { readRequestId, requestIdReused } from "../../requests/request-id.js";
import type { Principal } from "../access/principal.js";
import type { Activity } from "../base/activity.js";
import { Quota } from "../quotas/quota.js";
import { isOver } from "../store/build-index.js";
import type { BuildRequest } from "../store/build-records.js";
import { abandonedBuild } from "./abandoned-build.js";
import { ofTarget } from "./bake.js";
import { BuildViews } from "./build-views.js";
import { type FetchedDefinition, fetchDefinition } from "./fetch-definition.js";
import { KeptBuilds } from "./kept-builds.js";
import { linkTargets, type NamedSpec } from "./link-targets.js";
import type { TargetLinks } from "./linked-targets.js";
import { BuildQueue, type QueueUsage } from "./queue/build-queue.js";
import type { Place } from "./queue/place.js";
import type { QueueEntry } from "./queue/queue-policy.js";
import { redactSpec } from "./redaction/redact-spec.js";
import type { RunningBuild } from "./running-build.js";
import { type LogRoom, RunningLogs } from "./running-logs.js";
import { checkSensitiveValues } from "./spec/check-sensitive-values.js";
import { projectOf } from "./spec/scheduling.js";
import { withoutTypedForms } from "./spec/typed-forms.js";
import { specDigest } from "./spec-digest.js";
import { type BuildCaller, type BuildServices, startBuild } from "./start-build.js";
import { UnstoredEnds } from "./unstored-ends.js";

/** What {@link Builds} works with. */
export interface BuildsOptions extends BuildServices {
  /** Running builds keep the host from being idle. */
  readonly activity: Activity;
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
  request?: BuildRequest;
}

/** A build that can run. */
interface Prepared {
  running: RunningBuild;
  /** What the queue decides by. */
  entry: Omit<QueueEntry, "order">;
  /** Its place in the queue. */
  place?: Place;
  /** Gives up its place, and what it uses of the quota. */
  leave: () => void;
  /** Gives up that and what its events take of the logs of running builds; can be called again. */
  end: () => void;
  /** Closes it; it will not run. */
  discard: () => Promise<void>;
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
  /** What principals see of the builds. */
  readonly views: BuildViews;

  private constructor(options: BuildsOptions) {
    this.#options = options;
    this.#unstored = new UnstoredEnds(options.log);
    this.#quota = new Quota(unfinishedBuilds, options.limits);
    this.#queue = new BuildQueue({
      host: options.limits["running-builds"],
      project: options.limits["project-builds"],
      waiting: options.limits["queued-builds"],
      builder: (name) => this.#builderLimits.get(name) ?? Number.POSITIVE_INFINITY,
    });
    this.#logs = new RunningLogs(options.limits);
    this.#kept = new KeptBuilds(options.store, options.limits);
    this.views = new BuildViews(this.#running, this.#unstored, options.store.builds);
  }

  /** Opens the records; builds that an earlier host left running are marked as failed. */
  static async open(options: BuildsOptions): Promise<Builds> {
    const { store, limits } = options;
    const builds = new Builds(options);
    for (const build of [...store.builds.list({ states: [BuildState.PENDING] })])
      await builds.#unstored.add(await abandonedBuild(store, build, limits));
    builds.#kept.watchAge(builds.#onPruneError);
    void builds.#kept.prune().catch(builds.#onPruneError);
    return builds;
  }

  readonly #onPruneError = (cause: unknown) => {
    this.#options.log.error("Builds above the limits are not removed", { error: String(cause) });
  };

  /** How full the queue is. */
  get queueUsage(): QueueUsage {
    return this.#queue.usage;
  }

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
    const { spec, fields } = withoutTypedForms(given);
    checkSensitiveValues(spec);
    const shown = redactSpec(spec);
    const start = { spec, shown, fields, caller };
    if (!id) return this.#start(start);
    // Two principals may choose the same id.
    const key = `${caller.principal.id} ${id}`;
    const digest = specDigest(spec, shown);
    const known = this.#options.store.builds.ofRequest(key);
    const starting = this.#starting.get(key);
    if ((known?.digest ?? starting?.digest ?? digest) !== digest) throw requestIdReused();
    if (known) return this.views.get(known.build, caller.principal);
    if (starting) return starting.build;
    const build = this.#start({ ...start, request: { id: key, digest } }).finally(() =>
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
    const prepared = await Promise.allSettled(
      targets.map(async ({ spec: given }, index) => {
        const { spec, fields } = withoutTypedForms(given);
        checkSensitiveValues(spec);
        return this.#prepare({ spec, shown: redactSpec(spec), fields, caller }, links[index]);
      }),
    );
    const ready = prepared.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
    const failed = prepared.findIndex(({ status }) => status === "rejected");
    if (failed >= 0) {
      await Promise.all(ready.map(({ discard }) => discard()));
      throw ofTarget(failed, (prepared[failed] as PromiseRejectedResult).reason);
    }
    try {
      // Builds that use results of each other have to run at the same time.
      const linked = ready.filter((_, index) => links[index]);
      if (linked.length > 0) this.#enter(linked);
      for (const each of ready) if (!linked.includes(each)) this.#enter([each]);
    } catch (cause) {
      await Promise.all(ready.map(({ discard }) => discard()));
      throw cause;
    }
    const cancelAll = (reason: string) => ready.forEach(({ running }) => void running.cancel(reason));
    ready.forEach(({ running }, index) => {
      void running.done.then(() => {
        const { state, error } = running.snapshot();
        if (state !== BuildState.SUCCEEDED) cancelAll(`The target ${targets[index]!.name} did not succeed.`);
        links[index]?.provides?.end(
          new ConnectError(error?.message ?? "The target has ended.", Code.Canceled),
        );
        for (const used of links[index]?.uses.values() ?? []) used.release();
      });
    });
    const accepted = await Promise.allSettled(ready.map((each) => this.#accept(each)));
    const refused = accepted.find((each) => each.status === "rejected");
    if (!refused) return accepted.map((each) => (each as PromiseFulfilledResult<Build>).value);
    cancelAll("Another target could not be stored.");
    throw refused.reason;
  }

  /** Fetches the definition of a bake by the BuildKit of a builder. It counts as a running build in the quota. */
  async fetchDefinition(
    request: FetchBakeRequest,
    caller: BuildCaller,
    signal: AbortSignal,
  ): Promise<FetchedDefinition> {
    this.#quota.take(caller.principal, 1);
    try {
      return await fetchDefinition(this.#options, request, caller, signal);
    } finally {
      this.#quota.give(caller.principal, 1);
    }
  }

  async #start({ request, ...start }: Start): Promise<Build> {
    const prepared = await this.#prepare(start);
    try {
      this.#enter([prepared]);
    } catch (cause) {
      await prepared.discard();
      throw cause;
    }
    return this.#accept(prepared, request);
  }

  /** Gives builds a place in the queue, one for all of them. */
  #enter(builds: readonly Prepared[]): void {
    const priority = Math.max(...builds.map(({ entry }) => entry.priority));
    const place = this.#queue.enter({ ...builds[0]!.entry, priority }, builds.length);
    for (const build of builds) {
      build.place = place;
      build.running.enter(place);
    }
  }

  /** Checks a build and opens what it needs. It counts in the quota from now on. */
  async #prepare({ spec, shown, fields, caller }: Start, links?: TargetLinks): Promise<Prepared> {
    const { principal } = caller;
    this.#quota.take(principal, 1);
    let counts = true;
    let prepared: Prepared | undefined;
    const leave = () => {
      if (!counts) return;
      counts = false;
      this.#quota.give(principal, 1);
      prepared?.place?.leave();
    };
    let room: LogRoom | undefined;
    const end = () => {
      leave();
      room?.close();
    };
    try {
      room = this.#logs.open(principal);
      const { running, builder } = await startBuild(this.#options, spec, shown, caller, room, links);
      this.#limitBuilder(builder);
      const { name } = builder;
      prepared = {
        running,
        entry: { owner: principal.id, project: projectOf(shown), builder: name, priority: spec.priority },
        leave,
        end,
        discard: () => running.discard().finally(end),
      };
      return prepared;
    } catch (cause) {
      end();
      throw renameFields(cause, (field) => fields.get(field) ?? field);
    }
  }

  #limitBuilder({ name, maxRunningBuilds }: BuilderRecord): void {
    if (maxRunningBuilds > 0) this.#builderLimits.set(name, maxRunningBuilds);
    else this.#builderLimits.delete(name);
  }

  /** Runs a build, and resolves with its first record once that is stored. */
  async #accept(prepared: Prepared, request?: BuildRequest): Promise<Build> {
    const { running, discard } = prepared;
    const { store, registry, log } = this.#options;
    const build = running.snapshot();
    try {
      store.requireRoom();
    } catch (cause) {
      await discard();
      throw cause;
    }
    const stored = store.builds.add(build, request);
    registry.touch(build.builder).catch((error) => log.warn("A use is not stored", { error: String(error) }));
    // The build does not wait for the disk; only the answer confirms that it is stored.
    void this.#run(prepared);
    try {
      await stored;
    } catch (cause) {
      running.cancel("The build could not be stored.");
      throw cause;
    }
    return build;
  }

  /** Never rejects. */
  async #run({ running, leave, end }: Prepared): Promise<void> {
    const { activity, log } = this.#options;
    const { id } = running.snapshot();
    this.#running.set(id, running);
    const release = activity.hold();
    try {
      await running.run({ onClosed: leave, onEnded: () => this.#unstored.add(running) }).finally(() => {
        end();
        this.#running.delete(id);
        release();
      });
      await this.#unstored.retry();
      await this.#kept.prune();
    } catch (error) {
      log.error("Ending a build failed", { build: id, error: String(error) });
    }
  }

  /** The build while it runs, under the same rule. */
  #runningOf(id: string, viewer: Principal): RunningBuild | undefined {
    this.views.get(id, viewer);
    return this.#running.get(id);
  }

  /** Ends the builds that wait in the queue, and those that would have to: reason HOST_STOPPED. */
  endQueued(): void {
    this.#queue.close();
  }

  /** Cancels a build that waits or runs; one that has ended stays as it is. */
  cancel(id: string, caller: Principal): Build {
    this.#runningOf(id, caller)?.cancel();
    return this.views.get(id, caller);
  }

  /** The stream of an output while the build runs. */
  readOutput(id: string, output: number, reader: Principal) {
    const running = this.#runningOf(id, reader);
    const build = this.views.get(id, reader);
    // For a moment after its last event the build is still among the running ones.
    if (running && !isOver(build)) return running.streams.take(output);
    throw typedError({
      code: Code.FailedPrecondition,
      reason: "BUILD_OVER",
      message: `Build ${build.id} has ended; its outputs can only be read while it runs.`,
    });
  }

  /** Waits for all builds to end; with force it cancels them first. */
  async close({ force }: { force: boolean }): Promise<void> {
    const running = [...this.#running.values()];
    if (force) for (const build of running) build.cancel("The host is stopping.");
    await Promise.all(running.map((build) => build.done));
    this.#kept.close();
    await this.#unstored.close();
  }
}
