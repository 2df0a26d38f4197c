import { clone, create } from "@bufbuild/protobuf";
import { timestampNow } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import type { CredentialProvider } from "../../config/credential.js";
import { readTypedError } from "../../errors/typed-error.js";
import type { BuildError } from "../../gen/slipway/build/v1/build_error_pb.js";
import type { BuildResult } from "../../gen/slipway/build/v1/build_result_pb.js";
import type { BuildSpec } from "../../gen/slipway/build/v1/build_spec_pb.js";
import type { Diagnostic } from "../../gen/slipway/common/v1/diagnostic_pb.js";
import type { NodeConfig } from "../../gen/slipway/driver/v1/node_pb.js";
import { BuildFinishedSchema, BuildQueuedSchema, BuildState } from "../../gen/slipway/v1/build_event_pb.js";
import { type Build, BuildSchema } from "../../gen/slipway/v1/build_pb.js";
import { closeAll } from "../../util/close-all.js";
import { longestMs } from "../../util/with-timeout.js";
import type { Log } from "../base/log.js";
import type { Meter } from "../base/meter.js";
import { pipelineResult } from "../base/pipeline-result.js";
import { inSpan, type Span, within } from "../base/tracer.js";
import type { Nodes } from "../nodes/nodes.js";
import type { PluginManager } from "../plugins/plugin-manager.js";
import type { BuildsState } from "../store/build-store.js";
import { isTakenOver } from "../store/taken-over.js";
import { buildError } from "./build-error.js";
import { newBuildId } from "./build-id.js";
import { type EarlierEvents, EventLog } from "./event-log.js";
import type { Execution, ExecutionContext, StartedNode } from "./execution.js";
import { BuildHold, type HoldTerms } from "./holds/build-hold.js";
import { ImageLoads } from "./images/image-loads.js";
import type { LayerKnowledge } from "./images/layer-knowledge.js";
import type { ImageStoreUser } from "./images/open-store.js";
import type { Inputs } from "./inputs/inputs.js";
import type { Layouts } from "./layouts.js";
import type { TargetLinks } from "./linked-targets.js";
import { OutputStreams } from "./outputs/output-streams.js";
import type { EventLimits } from "./progress-clip.js";
import type { Place } from "./queue/place.js";
import { buildTimeout, hostStopped, queueTimeout, waitsForNextHost } from "./queue/queue-errors.js";
import type { Redaction } from "./redaction/redaction.js";
import { redactionOfSpec } from "./redaction/secrets.js";
import { nextAttempt, streamObstacle } from "./restarts/plan-restarts.js";
import type { LogRoom } from "./running-logs.js";
import { asRequestError } from "./spec/problems.js";
import type { EndedBuild } from "./unstored-ends.js";

/** What a build builds with. */
export interface BuildParts {
  /** The build takes ownership. */
  inputs: Inputs;
  /** The build takes ownership. */
  layouts: Layouts;
  /** The builder's nodes, in order. */
  configs: readonly NodeConfig[];
  /** Where registry logins come from. */
  credentials: readonly CredentialProvider[];
  /** How the build uses image stores. */
  stores: ImageStoreUser;
  /** What the user should know about the builder. */
  warnings: readonly Diagnostic[];
  /** Creates the execution that carries it out. */
  execute(context: ExecutionContext): Execution;
  /** Rejects when the builder is not any more what it was when the build was checked. */
  requireSameBuilder(): Promise<void>;
}

/** What an earlier host did for a build. */
export interface EarlierRun extends EarlierEvents {
  /** It had no place yet; otherwise it ran. */
  readonly waited: boolean;
}

/** Dependencies of a running build. */
export interface RunningBuildOptions {
  build: Build;
  spec: BuildSpec;
  /** Undefined for a build of an earlier host: they are opened again when it has a place. */
  parts: BuildParts | undefined;
  /** Opens what it builds with: for a build of an earlier host, or for another attempt. */
  reopen(signal: AbortSignal): Promise<BuildParts>;
  /** Absent for a build that this host has accepted. */
  earlier?: EarlierRun;
  /** Releases the uploads that are held for it until its parts are open; may be called again. */
  releaseUploads?(): void;
  /** Why the next host cannot run it, one sentence; empty if it can. */
  obstacle: string;
  store: BuildsState;
  log: Log;
  limits: EventLimits;
  /** What its events may take of the logs of all running builds. */
  room: LogRoom;
  nodes: Nodes;
  plugins: PluginManager;
  layers: LayerKnowledge;
  /** Other builds of the same bake that it is linked with. */
  links?: TargetLinks;
  /** When it is held for its client; default never. */
  hold?: HoldTerms;
  /** Is told how the build ends. */
  meter?: Meter;
  /** What the build does is in it; it ends with the build, or with this host's part of it. */
  span?: Span;
  /** How long it may wait in the queue, and run, in milliseconds; Infinity for no limit. */
  timeLimits: { readonly queueMs: number; readonly runMs: number };
}

/** What a build has opened. */
interface Work {
  readonly parts: BuildParts;
  readonly loads: ImageLoads;
  readonly execution: Execution;
}

/** Closes what a build has opened, except its inputs. */
const closersOf = ({ parts, loads, execution }: Work) => [
  () => parts.layouts.close(),
  () => loads.close(),
  () => execution.close(),
];

/** After this time a running build keeps its uploads for the next host, in milliseconds. Most builds end before. */
const keepInputsMs = 1_000;

/** Reasons of errors that are about one step. */
const ofStep = new Set([
  "STEP_FAILED",
  "DOCKERFILE_SYNTAX",
  "FILE_NOT_FOUND",
  "SECRET_MISSING",
  "SSH_MISSING",
]);

/** What happens at the end of a build. */
export interface BuildEnd {
  /** Everything that the build used is closed; its last event follows. Can be called again. */
  onClosed(): void;
  /** The build has ended. Stores that; never rejects. Not called for a build that waits for the next host. */
  onEnded(): Promise<void>;
}

/** One build from its acceptance to its last event. Owns its execution, inputs and outputs. */
export class RunningBuild implements EndedBuild {
  readonly events: EventLog;
  readonly streams: OutputStreams;
  /** Undefined for a build that is never held. */
  readonly hold: BuildHold | undefined;
  /** Resolves when the build has ended and everything it opened is closed. */
  readonly done: Promise<void>;
  readonly #options: RunningBuildOptions;
  readonly #build: Build;
  readonly #abort = new AbortController();
  readonly #redaction: Redaction;
  /** Why the host ends the build: an event or the state could not be stored, or its time is over. */
  #fault: { cause: unknown } | undefined;
  /** Undefined until a build of an earlier host has a place. */
  #work: Work | undefined;
  #place: Place | undefined;
  /** When its watches end, if another host runs it on. */
  #suspension: Promise<void> | undefined;
  /** It ran, and the next host starts it again. */
  #isHandedOver = false;
  /** Why this host does not run it any more, if another one has taken it over. */
  #loss: unknown;
  #closing: Promise<void> | undefined;
  #markDone!: () => void;

  constructor(options: RunningBuildOptions) {
    const { spec, build, parts, earlier, store, limits, room, hold } = options;
    const { id } = build;
    this.#options = options;
    this.#build = build;
    this.#redaction = redactionOfSpec(spec);
    const events = new EventLog(id, {
      store,
      limits,
      room,
      redaction: this.#redaction,
      earlier,
      onFailure: (cause) => this.#fail(cause),
    });
    const streamed = spec.outputs.flatMap(({ destination }, index) =>
      destination.case === "stream" ? [index] : [],
    );
    const streams = new OutputStreams(streamed);
    this.events = events;
    this.streams = streams;
    this.hold = hold && new BuildHold(hold, events, (isHeld) => this.#markHeld(isHeld));
    if (parts) this.#work = this.#workWith(parts);
    this.done = new Promise((resolve) => {
      this.#markDone = resolve;
    });
  }

  #workWith(parts: BuildParts, attempt = this.#build.attempt): Work {
    const { build, spec, nodes, plugins, layers, links, meter, log } = this.#options;
    const { inputs, layouts, configs, credentials, stores } = parts;
    const { events, streams, hold } = this;
    const { id, owner, driver } = build;
    const loads = new ImageLoads({ stores, events, layers, signal: this.#abort.signal });
    const execution = parts.execute({
      id,
      // The BuildKit may still know the earlier attempt by its reference.
      ref: attempt > 1 ? newBuildId() : id,
      owner,
      driver,
      spec,
      inputs,
      layouts,
      configs,
      credentials,
      events,
      streams,
      loads,
      stores,
      nodes,
      plugins,
      links,
      hold,
      meter,
      log,
    });
    return { parts, loads, execution };
  }

  /** Its nodes are not ready yet. */
  get isPending(): boolean {
    const { state } = this.#build;
    return state === BuildState.QUEUED || state === BuildState.PENDING;
  }

  /** A copy of the build's current record. */
  snapshot(): Build {
    const { last, steps } = this.events;
    return { ...clone(BuildSchema, this.#build), lastSequence: BigInt(last), stepCounts: steps.counts };
  }

  /** Ends the build; it finishes as CANCELED. False for one that ends already, or is left to the next host. */
  cancel(reason: string): boolean {
    if (this.#abort.signal.aborted) return false;
    this.#abort.abort(new ConnectError(reason, Code.Canceled));
    return true;
  }

  /** Gives the build its place in the queue, before it runs. */
  enter(place: Place): void {
    this.#place = place;
    if (!place.isAssigned) this.#build.state = BuildState.QUEUED;
    if (place.isRefused) this.suspend();
  }

  /**
   * Leaves a build that waits to the next host; false if that cannot run it, or if the build has a place or was cancelled.
   * @param until when its watches end
   */
  suspend(until: Promise<void> = Promise.resolve()): boolean {
    const { obstacle } = this.#options;
    if (obstacle || this.#place?.isAssigned !== false || this.#abort.signal.aborted) return false;
    this.#suspension = until;
    this.#abort.abort(waitsForNextHost());
    return true;
  }

  /** Leaves a build that runs to the next host, which starts it again; ends it with HOST_STOPPED if that cannot. */
  handOver(): void {
    const { obstacle, spec } = this.#options;
    // One that has ended is about to say so.
    if (this.#abort.signal.aborted || this.#closing) return;
    const why = obstacle || streamObstacle(spec);
    if (why) this.#fail(hostStopped("ran", why));
    else {
      this.#suspension = Promise.resolve();
      this.#isHandedOver = true;
      this.#abort.abort(waitsForNextHost());
    }
  }

  /** Ends the build here without a last event: another host has taken it over. */
  lose(cause: unknown): void {
    this.#suspension ??= Promise.resolve();
    this.#loss ??= cause;
    this.#abort.abort(cause);
  }

  /** Stores what the next host needs of a build that waits, beside its record. */
  async keepInputs(): Promise<void> {
    if (!this.#options.obstacle) await this.#work?.parts.inputs.keep();
  }

  /** Checks all that can be checked before the build is accepted. On an error it closes everything. */
  async prepare(): Promise<void> {
    try {
      await this.#work?.execution.prepare(this.#abort.signal);
    } catch (cause) {
      await this.#close();
      throw asRequestError(cause);
    }
  }

  /** Closes everything of a build that will not run. */
  async discard(): Promise<void> {
    await this.#close();
    this.#options.span?.end({ "cicd.pipeline.result": "error" });
  }

  /** Waits for its place, and builds. An error becomes the last event. */
  run(end: BuildEnd): Promise<void> {
    return within(this.#options.span, () => this.#run(end));
  }

  async #run({ onClosed, onEnded }: BuildEnd): Promise<void> {
    const { build, timeLimits, meter } = this.#options;
    const { signal } = this.#abort;
    // The host was told to stop before it ran.
    if (this.#place?.isRefused) this.suspend();
    let stopTimer = () => {};
    let keeping: NodeJS.Timeout | undefined;
    try {
      await this.#announce();
      if (build.state === BuildState.QUEUED)
        await inSpan({ name: "queue" }, () => this.#wait(this.#place!, signal));
      stopTimer = this.#endAfter(timeLimits.runMs, buildTimeout);
      const work = this.#work ?? (await this.#open(signal));
      keeping = setTimeout(() => void this.#tryToKeepInputs(), keepInputsMs);
      const result = await this.#execute(work, signal).catch(async (cause) =>
        this.#execute(await this.#openAgain(work, cause, signal), signal),
      );
      // It was faster than the end of the host.
      if (!this.#loss) this.#suspension = undefined;
      await this.#finish({ state: BuildState.SUCCEEDED, result }, onClosed);
    } catch (cause) {
      if (!this.#suspension) await this.#finishWith(cause, onClosed);
    } finally {
      stopTimer();
      clearTimeout(keeping);
      if (this.#suspension) await this.#leave();
      else meter?.buildEnded(this.#build);
      this.#endSpan();
      onClosed();
      if (this.#suspension) await this.events.suspend(this.#loss ?? signal.reason, this.#suspension);
      else await onEnded();
      this.#markDone();
    }
  }

  #execute({ execution }: Work, signal: AbortSignal): Promise<BuildResult> {
    return execution.run(async (started, warnings) => {
      await this.#begin(started);
      for (const value of warnings) await this.events.append({ case: "warning", value });
    }, signal);
  }

  /** Opens everything again for a build whose node was lost; rejects with the cause if it cannot begin again. */
  async #openAgain(earlier: Work, cause: unknown, signal: AbortSignal): Promise<Work> {
    const { spec, links, hold, reopen } = this.#options;
    const loss = earlier.execution.restartableLoss;
    if (!loss || signal.aborted || links || hold || streamObstacle(spec)) throw cause;
    const opened = await reopen(signal).catch(() => {
      throw cause;
    });
    const next = nextAttempt(this.#build);
    const work = this.#workWith(opened, next.attempt);
    this.#work = work;
    await this.#closeParts([() => earlier.parts.inputs.release(), ...closersOf(earlier)]);
    signal.throwIfAborted();
    Object.assign(this.#build, next);
    this.#options.store.builds.handOver(this.#build).catch((error) => this.#fail(error));
    await this.events.flush();
    const { reason, message } = readTypedError(loss);
    await this.#reportRestart(reason, message);
    void this.#tryToKeepInputs();
    await work.execution.prepare(signal);
    return work;
  }

  /** Closes a build that another host runs on. One that ran is in the queue again. */
  async #leave(): Promise<void> {
    const { store, log } = this.#options;
    await this.#close();
    if (!this.#isHandedOver || this.#loss) return;
    Object.assign(this.#build, nextAttempt(this.#build), { state: BuildState.QUEUED });
    await this.events.flush();
    const { id } = this.#build;
    await this.#reportRestart("HOST_STOPPED", "The host was stopped while the build ran.");
    await store.builds
      .handOver(this.#build)
      .catch((error) =>
        log.warn("The next host starts a build as after a crash", { build: id, error: String(error) }),
      );
  }

  #endSpan(): void {
    const { id, driver, builder, state, error } = this.#build;
    const attributes = {
      "cicd.pipeline.run.id": id,
      "slipway.driver": driver,
      "slipway.builder": builder,
      // The next host ends it.
      ...(!this.#suspension && { "cicd.pipeline.result": pipelineResult(state) }),
      ...(error && { "error.type": error.reason || "_OTHER" }),
    };
    this.#options.span?.end(attributes, state === BuildState.FAILED ? error?.message : undefined);
  }

  /** The first events of this host. */
  async #announce(): Promise<void> {
    const { build, earlier } = this.#options;
    if (earlier?.waited) return;
    if (earlier) return this.#reportRestart("HOST_STOPPED", "The host ended while the build ran.");
    const { configs = [], warnings = [] } = this.#work?.parts ?? {};
    const nodes = configs.map(({ node }) => node);
    const { builder, driver } = build;
    await this.events.append({ case: "accepted", value: { builder, driver, nodes } });
    for (const value of warnings) await this.events.append({ case: "warning", value });
  }

  /** Reports that the current attempt begins, and why the one before ended. */
  #reportRestart(reason: string, message: string): Promise<void> {
    const { attempt } = this.#build;
    return this.events.append({ case: "restarted", value: { attempt, reason, message } });
  }

  /** Opens what a build of an earlier host needs, and checks it as {@link prepare}. */
  async #open(signal: AbortSignal): Promise<Work> {
    const { reopen, releaseUploads, earlier } = this.#options;
    try {
      const work = this.#workWith(await reopen(signal));
      releaseUploads?.();
      this.#work = work;
      signal.throwIfAborted();
      await work.execution.prepare(signal);
      return work;
    } catch (cause) {
      if (earlier?.waited || signal.aborted) throw asRequestError(cause);
      const { message } = readTypedError(asRequestError(cause));
      throw hostStopped("ran", `It cannot be started again: ${message}`);
    }
  }

  /** A failure only means that the next host will not find the uploads. */
  async #tryToKeepInputs(): Promise<void> {
    const { log } = this.#options;
    await this.keepInputs().catch((error) =>
      log.warn("The uploads of a build are not kept", { build: this.#build.id, error: String(error) }),
    );
  }

  async #finishWith(cause: unknown, onClosed: () => void): Promise<void> {
    const { obstacle } = this.#options;
    const isRefused = this.#place?.isRefused && !this.#abort.signal.aborted;
    const error = this.#fault
      ? buildError(this.#fault.cause)
      : buildError(
          isRefused ? hostStopped("waited", obstacle) : (this.#work?.loads.failure ?? cause),
          this.#abort.signal,
        );
    error.vertex ||= ofStep.has(error.reason) ? this.events.failedVertexes.of(error.message) : "";
    const state = error.reason === "CANCELED" ? BuildState.CANCELED : BuildState.FAILED;
    await this.#finish({ state, error }, onClosed);
  }

  store(): Promise<void> {
    return this.events.end(this.#build);
  }

  /** Waits until the build has a place among the running ones. Meanwhile it holds no node. */
  async #wait(place: Place, signal: AbortSignal): Promise<void> {
    const { log, timeLimits, earlier, store } = this.#options;
    const { id } = this.#build;
    const stopTimer = this.#endAfter(timeLimits.queueMs, queueTimeout);
    try {
      await this.#work?.execution
        .rest()
        .catch((error) => log.warn("A node is not released", { build: id, error: String(error) }));
      // An earlier host has said that it waits.
      let isReported = earlier?.waited ?? false;
      await place.wait(signal, (position) => {
        isReported = true;
        this.#build.queued = create(BuildQueuedSchema, position);
        void this.events.append({ case: "queued", value: position });
      });
      this.#build.state = BuildState.PENDING;
      this.#build.queued = undefined;
      // From now on the next host counts it as one that ran.
      store.builds.put(this.#build).catch((cause) => this.#fail(cause));
      if (isReported) await this.events.append({ case: "assigned", value: {} });
      await this.#work?.parts.requireSameBuilder();
    } finally {
      stopTimer();
    }
  }

  /** Ends the build with an error after a time; the function calls that off. */
  #endAfter(ms: number, error: (ms: number) => ConnectError): () => void {
    if (ms === Number.POSITIVE_INFINITY) return () => {};
    const timer = setTimeout(() => this.#fail(error(ms)), Math.min(ms, longestMs));
    return () => clearTimeout(timer);
  }

  async #begin(started: readonly StartedNode[]): Promise<void> {
    this.#build.refs = started.map(({ ref }) => ref);
    this.#build.state = BuildState.RUNNING;
    this.#build.startTime = timestampNow();
    // Nothing depends on it: for the next host, if this one is killed, the build ran in either state.
    this.#options.store.builds.put(this.#build).catch((cause) => this.#fail(cause));
    for (const { node, ref, platforms } of started) {
      await this.events.append({ case: "started", value: { node, ref, platforms: [...platforms] } });
    }
  }

  /** In the record too, which other hosts list. */
  #markHeld(isHeld: boolean): void {
    if (this.#build.endTime) return;
    this.#build.held = isHeld;
    this.#options.store.builds.put(this.#build).catch((cause) => this.#fail(cause));
  }

  #fail(cause: unknown): void {
    if (isTakenOver(cause)) this.lose(cause);
    else this.#fault ??= { cause };
    this.#abort.abort(cause);
  }

  async #finish(
    end: { state: BuildState; result?: BuildResult; error?: BuildError },
    onClosed: () => void,
  ): Promise<void> {
    await this.#close();
    onClosed();
    await this.events.flush();
    const value = this.#redaction.message(BuildFinishedSchema, create(BuildFinishedSchema, end));
    Object.assign(this.#build, {
      state: value.state,
      result: value.result,
      error: value.error,
      held: false,
      queued: undefined,
      stepCounts: this.events.steps.counts,
      endTime: timestampNow(),
      lastSequence: BigInt(this.events.last + 1),
    });
    await this.events.append({ case: "finished", value });
  }

  /** Never rejects, so that each build has a last event. */
  #close(): Promise<void> {
    this.#closing ??= this.#closeAll();
    return this.#closing;
  }

  async #closeAll(): Promise<void> {
    const { releaseUploads } = this.#options;
    const work = this.#work;
    // The uploads of a build that waits for the next host stay in use.
    const isLeft = this.#suspension !== undefined && this.#loss === undefined;
    const parts = [
      () => !isLeft && releaseUploads?.(),
      () => !isLeft && work?.parts.inputs.release(),
      () => this.streams.close(),
      ...(work ? closersOf(work) : []),
    ];
    await this.#closeParts(parts);
  }

  /** Never rejects. */
  async #closeParts(parts: Parameters<typeof closeAll>[0]): Promise<void> {
    const { log } = this.#options;
    await closeAll(parts).catch((cause) =>
      log.error("Something of a build could not be closed", { build: this.#build.id, error: String(cause) }),
    );
  }
}
