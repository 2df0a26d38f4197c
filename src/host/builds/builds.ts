import { clone } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { typedError } from "../../errors/typed-error.js";
import { type BuildEvent, BuildState } from "../../gen/slipway/v1/build_event_pb.js";
import {
  type Build,
  BuildSchema,
  type ListBuildsRequest,
  type StartBuildRequest,
} from "../../gen/slipway/v1/build_pb.js";
import type { BuildSpec } from "../../gen/slipway/v1/build_spec_pb.js";
import type { Activity } from "../base/activity.js";
import type { Log } from "../base/log.js";
import { closeAbandoned } from "./abandoned-build.js";
import type { RunningBuild } from "./running-build.js";
import { type BuildCaller, type BuildServices, startBuild } from "./start-build.js";

/** So many builds are kept with their events; the oldest go first. */
const keptBuilds = 500;

/** What the record of builds works with. */
export interface BuildsOptions extends BuildServices {
  /** Builds that run keep the host from being idle. */
  readonly activity: Activity;
  readonly log: Log;
}

/** All builds of this host: the running ones, and the record of those that ended. */
export class Builds {
  readonly #options: BuildsOptions;
  readonly #running = new Map<string, RunningBuild>();
  readonly #starting = new Map<string, Promise<Build>>();

  private constructor(options: BuildsOptions) {
    this.#options = options;
  }

  /** Opens the record; builds that an earlier host left running are closed as failed. */
  static async open(options: BuildsOptions): Promise<Builds> {
    for (const build of options.store.builds()) {
      if (!isOver(build)) await closeAbandoned(options.store, build);
    }
    return new Builds(options);
  }

  /** Number of builds that run. */
  get running(): number {
    return this.#running.size;
  }

  /** Starts a build, or returns the one that the same request id started. */
  async start(request: StartBuildRequest, caller: BuildCaller): Promise<Build> {
    const { requestId, spec } = request;
    if (!spec) {
      const fields = [{ field: "spec", message: "is missing" }];
      throw typedError({
        code: Code.InvalidArgument,
        reason: "SPEC_MISSING",
        message: "no spec is given",
        fields,
      });
    }
    if (!requestId) return this.#start(spec, caller);
    const known = this.#options.store.buildOfRequest(requestId);
    if (known) return this.get(known);
    let starting = this.#starting.get(requestId);
    if (!starting) {
      starting = this.#start(spec, caller, requestId).finally(() => this.#starting.delete(requestId));
      this.#starting.set(requestId, starting);
    }
    return starting;
  }

  async #start(spec: BuildSpec, caller: BuildCaller, requestId?: string): Promise<Build> {
    const { store, registry, activity, log } = this.#options;
    const running = await startBuild(this.#options, spec, caller);
    const build = running.snapshot();
    this.#running.set(build.id, running);
    await store.putBuild(build);
    if (requestId) await store.putRequest(requestId, build.id);
    await registry.touch(build.builder);
    const release = activity.hold();
    running
      .run()
      .finally(() => {
        this.#running.delete(build.id);
        release();
      })
      .then(() => this.#prune())
      .catch((error) =>
        log.error("a build's record could not be kept", { build: build.id, error: String(error) }),
      );
    return running.snapshot();
  }

  /** One build; NOT_FOUND, reason BUILD_UNKNOWN. */
  get(id: string): Build {
    const running = this.#running.get(id);
    if (running) return running.snapshot();
    const build = this.#options.store.build(id);
    if (!build) throw unknownBuild(id);
    return build;
  }

  /** A page of builds, the newest first, without their specifications. */
  list(request: ListBuildsRequest): { builds: Build[]; nextPageToken: string } {
    const size = Math.min(request.pageSize || 50, 500);
    const builds: Build[] = [];
    for (const stored of this.#options.store.builds(request.pageToken || undefined)) {
      const build = this.#running.get(stored.id)?.snapshot() ?? stored;
      if (request.states.length > 0 && !request.states.includes(build.state)) continue;
      if (request.builder && build.builder !== request.builder) continue;
      if (builds.length === size) return { builds, nextPageToken: builds.at(-1)!.id };
      builds.push({ ...clone(BuildSchema, build), spec: undefined });
    }
    return { builds, nextPageToken: "" };
  }

  /** The events of a build from a number on; ends with the build. */
  async *watch(id: string, from: number, signal: AbortSignal): AsyncGenerator<BuildEvent> {
    const running = this.#running.get(id);
    if (running) return yield* running.events.watch(from, signal);
    const { store } = this.#options;
    const last = Number(this.get(id).lastSequence);
    for (let sequence = Math.max(1, from); sequence <= last; sequence++) {
      signal.throwIfAborted();
      const event = store.event(id, sequence);
      if (!event) throw eventsExpired(id, sequence);
      yield event;
    }
  }

  /** Ends a running build; one that has ended stays as it is. */
  cancel(id: string): Build {
    this.#running.get(id)?.cancel();
    return this.get(id);
  }

  /** The stream of an output while the build runs. */
  readOutput(id: string, output: number) {
    const running = this.#running.get(id);
    const build = this.get(id);
    // Its last event is out a moment before it is forgotten.
    if (running && !isOver(build)) return running.streams.take(output);
    throw typedError({
      code: Code.FailedPrecondition,
      reason: "BUILD_OVER",
      message: `build ${build.id} has ended; its outputs can only be read while it runs`,
    });
  }

  /** Ends all builds: at once with force, otherwise when they are done. Resolves when none runs. */
  async close({ force }: { force: boolean }): Promise<void> {
    const running = [...this.#running.values()];
    if (force) for (const build of running) build.cancel("the host is stopping");
    await Promise.all(running.map((build) => build.done));
  }

  async #prune(): Promise<void> {
    let count = 0;
    for (const build of this.#options.store.builds()) {
      if (++count > keptBuilds && isOver(build)) await this.#options.store.removeBuild(build.id);
    }
  }
}

function isOver({ state }: Build): boolean {
  return state !== BuildState.PENDING && state !== BuildState.RUNNING;
}

function unknownBuild(id: string) {
  const fields = [{ field: "id", message: "unknown" }];
  return typedError({
    code: Code.NotFound,
    reason: "BUILD_UNKNOWN",
    message: `no build ${JSON.stringify(id)}`,
    fields,
  });
}

function eventsExpired(id: string, sequence: number) {
  const message = `event ${sequence} of build ${id} is no longer stored`;
  return typedError({
    code: Code.OutOfRange,
    reason: "EVENTS_EXPIRED",
    message,
    remedy: "ask GetBuild for its result",
  });
}
