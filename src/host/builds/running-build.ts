import { clone, create } from "@bufbuild/protobuf";
import { timestampNow } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import type { CredentialProvider } from "../../config/credential.js";
import type { BuildError } from "../../gen/slipway/build/v1/build_error_pb.js";
import type { BuildResult } from "../../gen/slipway/build/v1/build_result_pb.js";
import type { BuildSpec } from "../../gen/slipway/build/v1/build_spec_pb.js";
import type { Diagnostic } from "../../gen/slipway/common/v1/diagnostic_pb.js";
import type { NodeConfig } from "../../gen/slipway/driver/v1/node_pb.js";
import { BuildFinishedSchema, BuildState } from "../../gen/slipway/v1/build_event_pb.js";
import { type Build, BuildSchema } from "../../gen/slipway/v1/build_pb.js";
import { closeAll } from "../../util/close-all.js";
import { longestMs } from "../../util/with-timeout.js";
import type { Log } from "../base/log.js";
import type { Meter } from "../base/meter.js";
import type { Nodes } from "../nodes/nodes.js";
import type { PluginManager } from "../plugins/plugin-manager.js";
import type { Store } from "../store/store.js";
import { buildError } from "./build-error.js";
import { EventLog } from "./event-log.js";
import type { Execution, ExecutionContext, StartedNode } from "./execution.js";
import { ImageLoads } from "./images/image-loads.js";
import type { LayerKnowledge } from "./images/layer-knowledge.js";
import type { ImageStoreUser } from "./images/open-store.js";
import type { Inputs } from "./inputs/inputs.js";
import type { Layouts } from "./layouts.js";
import type { TargetLinks } from "./linked-targets.js";
import { OutputStreams } from "./outputs/output-streams.js";
import type { EventLimits } from "./progress-clip.js";
import type { Place } from "./queue/place.js";
import { buildTimeout, queueTimeout } from "./queue/queue-errors.js";
import type { Redaction } from "./redaction/redaction.js";
import { redactionOfSpec } from "./redaction/secrets.js";
import type { LogRoom } from "./running-logs.js";
import { asRequestError } from "./spec/problems.js";
import { StepTally } from "./step-tally.js";
import type { EndedBuild } from "./unstored-ends.js";

/** Dependencies of a running build. */
export interface RunningBuildOptions {
  build: Build;
  spec: BuildSpec;
  /** The build takes ownership. */
  inputs: Inputs;
  /** The build takes ownership. */
  layouts: Layouts;
  /** The builder's nodes, in order. */
  configs: readonly NodeConfig[];
  /** Where registry logins come from. */
  credentials: readonly CredentialProvider[];
  store: Store;
  log: Log;
  limits: EventLimits;
  /** What its events may take of the logs of all running builds. */
  room: LogRoom;
  nodes: Nodes;
  plugins: PluginManager;
  layers: LayerKnowledge;
  /** How the build uses image stores. */
  stores: ImageStoreUser;
  /** What the user should know about the builder. */
  warnings: readonly Diagnostic[];
  /** Other builds of the same bake that it is linked with. */
  links?: TargetLinks;
  /** Is told how the build ends. */
  meter?: Meter;
  /** How long it may wait in the queue, and run, in milliseconds; Infinity for no limit. */
  timeLimits: { readonly queueMs: number; readonly runMs: number };
  /** Rejects when its builder is not any more what it was when the build was checked. */
  requireSameBuilder(): Promise<void>;
  /** Creates the execution that carries it out. */
  execute(context: ExecutionContext): Execution;
}

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
  /** The build has ended. Stores that; never rejects. */
  onEnded(): Promise<void>;
}

/** One build from its acceptance to its last event. Owns its execution, inputs and outputs. */
export class RunningBuild implements EndedBuild {
  readonly events: EventLog;
  readonly streams: OutputStreams;
  /** Resolves when the build has ended and everything it opened is closed. */
  readonly done: Promise<void>;
  readonly #options: RunningBuildOptions;
  readonly #build: Build;
  readonly #abort = new AbortController();
  readonly #loads: ImageLoads;
  readonly #redaction: Redaction;
  /** Only for metrics. */
  readonly #steps: StepTally | undefined;
  /** Why the host ends the build: an event or the state could not be stored, or its time is over. */
  #fault: { cause: unknown } | undefined;
  readonly #execution: Execution;
  #place: Place | undefined;
  #markDone!: () => void;

  constructor(options: RunningBuildOptions) {
    const { spec, build, inputs, layouts, configs, credentials, nodes, plugins, layers } = options;
    const { store, limits, room, stores, meter } = options;
    const { id, owner, driver } = build;
    this.#options = options;
    this.#build = build;
    this.#redaction = redactionOfSpec(spec);
    this.#steps = meter && new StepTally();
    const events = new EventLog(id, {
      store,
      limits,
      room,
      redaction: this.#redaction,
      steps: this.#steps,
      onFailure: (cause) => this.#fail(cause),
    });
    const streamed = spec.outputs.flatMap(({ destination }, index) =>
      destination.case === "stream" ? [index] : [],
    );
    const streams = new OutputStreams(streamed);
    const { signal } = this.#abort;
    const loads = new ImageLoads({ stores, events, layers, signal });
    this.events = events;
    this.streams = streams;
    this.#loads = loads;
    this.#execution = options.execute({
      id,
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
      links: options.links,
      meter,
    });
    this.done = new Promise((resolve) => {
      this.#markDone = resolve;
    });
  }

  /** Its nodes are not ready yet. */
  get isPending(): boolean {
    const { state } = this.#build;
    return state === BuildState.QUEUED || state === BuildState.PENDING;
  }

  /** A copy of the build's current record. */
  snapshot(): Build {
    return { ...clone(BuildSchema, this.#build), lastSequence: BigInt(this.events.last) };
  }

  /** Ends the build; it finishes as CANCELED. */
  cancel(reason = "The build was cancelled."): void {
    this.#abort.abort(new ConnectError(reason, Code.Canceled));
  }

  /** Gives the build its place in the queue, before it runs. */
  enter(place: Place): void {
    this.#place = place;
    if (!place.isAssigned) this.#build.state = BuildState.QUEUED;
  }

  /** Checks all that can be checked before the build is accepted. On an error it closes everything. */
  async prepare(): Promise<void> {
    try {
      await this.#execution.prepare(this.#abort.signal);
    } catch (cause) {
      await this.#close();
      throw asRequestError(cause);
    }
  }

  /** Closes everything of a build that will not run. */
  discard(): Promise<void> {
    return this.#close();
  }

  /** Waits for its place, and builds. An error becomes the last event. */
  async run({ onClosed, onEnded }: BuildEnd): Promise<void> {
    const { build, configs, warnings, timeLimits, meter } = this.#options;
    const { signal } = this.#abort;
    let stopTimer = () => {};
    const nodes = configs.map(({ node }) => node);
    try {
      await this.events.append({
        case: "accepted",
        value: { builder: build.builder, driver: build.driver, nodes },
      });
      for (const value of warnings) await this.events.append({ case: "warning", value });
      if (build.state === BuildState.QUEUED) await this.#wait(this.#place!, signal);
      stopTimer = this.#endAfter(timeLimits.runMs, buildTimeout);
      const result = await this.#execution.run(async (started, warnings) => {
        await this.#begin(started);
        for (const value of warnings) await this.events.append({ case: "warning", value });
      }, signal);
      await this.#finish({ state: BuildState.SUCCEEDED, result }, onClosed);
    } catch (cause) {
      const error = this.#fault
        ? buildError(this.#fault.cause)
        : buildError(this.#loads.failure ?? cause, signal);
      error.vertex ||= ofStep.has(error.reason) ? this.events.failedVertexes.of(error.message) : "";
      const state = error.reason === "CANCELED" ? BuildState.CANCELED : BuildState.FAILED;
      await this.#finish({ state, error }, onClosed);
    } finally {
      stopTimer();
      if (this.#steps) meter?.buildEnded(this.#build, this.#steps.counts);
      onClosed();
      await onEnded();
      this.#markDone();
    }
  }

  store(): Promise<void> {
    return this.events.end(this.#build);
  }

  /** Waits until the build has a place among the running ones. Meanwhile it holds no node. */
  async #wait(place: Place, signal: AbortSignal): Promise<void> {
    const { log, timeLimits, requireSameBuilder } = this.#options;
    const { id } = this.#build;
    const stopTimer = this.#endAfter(timeLimits.queueMs, queueTimeout);
    try {
      await this.#execution
        .rest()
        .catch((error) => log.warn("A node is not released", { build: id, error: String(error) }));
      let isReported = false;
      await place.wait(signal, (position) => {
        isReported = true;
        void this.events.append({ case: "queued", value: position });
      });
      this.#build.state = BuildState.PENDING;
      if (isReported) await this.events.append({ case: "assigned", value: {} });
      await requireSameBuilder();
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
    // Nothing depends on it: a host that starts after this one was killed marks the build as failed in either state.
    this.#options.store.builds.put(this.#build).catch((cause) => this.#fail(cause));
    for (const { node, ref, platforms } of started) {
      await this.events.append({ case: "started", value: { node, ref, platforms: [...platforms] } });
    }
  }

  #fail(cause: unknown): void {
    this.#fault ??= { cause };
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
      endTime: timestampNow(),
      lastSequence: BigInt(this.events.last + 1),
    });
    await this.events.append({ case: "finished", value });
  }

  /** Never rejects, so that each build has a last event. */
  async #close(): Promise<void> {
    const { inputs, layouts, log } = this.#options;
    const parts = [
      () => inputs.release(),
      () => layouts.close(),
      () => this.streams.close(),
      () => this.#loads.close(),
      () => this.#execution.close(),
    ];
    await closeAll(parts).catch((cause) =>
      log.error("Something of a build could not be closed", { build: this.#build.id, error: String(cause) }),
    );
  }
}
