import { clone } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { invalidField, typedError } from "../../errors/typed-error.js";
import { type BuildEvent, BuildState } from "../../gen/slipway/v1/build_event_pb.js";
import {
  type Build,
  BuildSchema,
  type ListBuildsRequest,
  type StartBuildRequest,
} from "../../gen/slipway/v1/build_pb.js";
import type { BuildSpec } from "../../gen/slipway/v1/build_spec_pb.js";
import { maySee } from "../access/authorize.js";
import type { Principal } from "../access/principal.js";
import type { Activity } from "../base/activity.js";
import type { Log } from "../base/log.js";
import { closeAbandoned } from "./abandoned-build.js";
import type { RunningBuild } from "./running-build.js";
import { type BuildCaller, type BuildServices, startBuild } from "./start-build.js";

/** How many builds are kept with their events; the oldest are removed first. */
const keptBuilds = 500;

/** Maximum length of a request id, in bytes. */
const maxRequestIdBytes = 128;

/** What {@link Builds} works with. */
export interface BuildsOptions extends BuildServices {
  /** Running builds keep the host from being idle. */
  readonly activity: Activity;
  readonly log: Log;
}

/** All builds of this host: the running ones, and the records of those that ended. */
export class Builds {
  readonly #options: BuildsOptions;
  readonly #running = new Map<string, RunningBuild>();
  readonly #starting = new Map<string, Promise<Build>>();

  private constructor(options: BuildsOptions) {
    this.#options = options;
  }

  /** Opens the records; builds that an earlier host left running are marked as failed. */
  static async open(options: BuildsOptions): Promise<Builds> {
    for (const build of options.store.builds()) {
      if (!isOver(build)) await closeAbandoned(options.store, build);
    }
    return new Builds(options);
  }

  /** Number of running builds. */
  get running(): number {
    return this.#running.size;
  }

  /** Starts a build, or returns the one that the same request id started. */
  async start(request: StartBuildRequest, caller: BuildCaller): Promise<Build> {
    const { requestId, spec } = request;
    if (!spec) {
      const fields = [{ field: "spec", message: "It is missing." }];
      throw typedError({
        code: Code.InvalidArgument,
        reason: "SPEC_MISSING",
        message: "The request has no spec.",
        fields,
      });
    }
    if (!requestId) return this.#start(spec, caller);
    if (Buffer.byteLength(requestId) > maxRequestIdBytes) throw requestIdTooLong();
    // Two principals may well choose the same id.
    const key = `${caller.principal.id} ${requestId}`;
    const known = this.#options.store.buildOfRequest(key);
    if (known) return this.get(known, caller.principal);
    let starting = this.#starting.get(key);
    if (!starting) {
      starting = this.#start(spec, caller, key).finally(() => this.#starting.delete(key));
      this.#starting.set(key, starting);
    }
    return starting;
  }

  async #start(spec: BuildSpec, caller: BuildCaller, requestKey?: string): Promise<Build> {
    const { store, registry, activity, log } = this.#options;
    const running = await startBuild(this.#options, spec, caller);
    const build = running.snapshot();
    try {
      await registry.touch(build.builder);
      await store.addBuild(build, requestKey);
    } catch (cause) {
      await running.discard();
      throw cause;
    }
    this.#running.set(build.id, running);
    const release = activity.hold();
    running
      .run()
      .finally(() => {
        this.#running.delete(build.id);
        release();
      })
      .then(() => this.#prune())
      .catch((error) =>
        log.error("Storing the record of a build failed", { build: build.id, error: String(error) }),
      );
    return running.snapshot();
  }

  /** One build; NOT_FOUND, reason BUILD_UNKNOWN, also when the principal may not see it. */
  get(id: string, viewer: Principal): Build {
    const build = this.#running.get(id)?.snapshot() ?? this.#options.store.build(id);
    if (!build || !maySee(viewer, build.owner)) throw unknownBuild(id);
    return build;
  }

  /** The build while it runs, under the same rule. */
  #runningOf(id: string, viewer: Principal): RunningBuild | undefined {
    this.get(id, viewer);
    return this.#running.get(id);
  }

  /** A page of the builds that a principal may see, the newest first, without their specifications. */
  list(request: ListBuildsRequest, viewer: Principal): { builds: Build[]; nextPageToken: string } {
    const size = Math.min(request.pageSize || 50, 500);
    const builds: Build[] = [];
    for (const stored of this.#options.store.builds(request.pageToken || undefined)) {
      if (!maySee(viewer, stored.owner)) continue;
      const build = this.#running.get(stored.id)?.snapshot() ?? stored;
      if (request.states.length > 0 && !request.states.includes(build.state)) continue;
      if (request.builder && build.builder !== request.builder) continue;
      if (builds.length === size) return { builds, nextPageToken: builds.at(-1)!.id };
      builds.push({ ...clone(BuildSchema, build), spec: undefined });
    }
    return { builds, nextPageToken: "" };
  }

  /** The events of a build from a sequence number on; ends with the build. */
  async *watch(id: string, from: number, viewer: Principal, signal: AbortSignal): AsyncGenerator<BuildEvent> {
    const running = this.#runningOf(id, viewer);
    if (running) return yield* running.events.watch(from, signal);
    const { store } = this.#options;
    const last = Number(this.get(id, viewer).lastSequence);
    for (let sequence = Math.max(1, from); sequence <= last; sequence++) {
      signal.throwIfAborted();
      const event = store.event(id, sequence);
      if (!event) throw eventsExpired(id, sequence);
      yield event;
    }
  }

  /** Cancels a running build; one that has ended stays as it is. */
  cancel(id: string, caller: Principal): Build {
    this.#runningOf(id, caller)?.cancel();
    return this.get(id, caller);
  }

  /** The stream of an output while the build runs. */
  readOutput(id: string, output: number, reader: Principal) {
    const running = this.#runningOf(id, reader);
    const build = this.get(id, reader);
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

function requestIdTooLong() {
  const message = `The request id has more than ${maxRequestIdBytes} bytes.`;
  return invalidField("request_id", "REQUEST_ID_TOO_LONG", message, "Use a UUID.");
}

function unknownBuild(id: string) {
  const fields = [{ field: "id", message: "No build has this id." }];
  return typedError({
    code: Code.NotFound,
    reason: "BUILD_UNKNOWN",
    message: `There is no build ${JSON.stringify(id)}.`,
    fields,
  });
}

function eventsExpired(id: string, sequence: number) {
  const message = `Event ${sequence} of build ${id} is no longer stored.`;
  return typedError({
    code: Code.OutOfRange,
    reason: "EVENTS_EXPIRED",
    message,
    remedy: "Call GetBuild for its result.",
  });
}
