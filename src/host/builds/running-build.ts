import { clone, create } from "@bufbuild/protobuf";
import { timestampNow } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import type { CredentialProvider } from "../../config/credential.js";
import type { NodeConfig } from "../../gen/slipway/driver/v1/node_pb.js";
import {
  type BuildError,
  BuildFinishedSchema,
  type BuildResult,
  BuildState,
} from "../../gen/slipway/v1/build_event_pb.js";
import { type Build, BuildSchema } from "../../gen/slipway/v1/build_pb.js";
import type { BuildSpec } from "../../gen/slipway/v1/build_spec_pb.js";
import type { Nodes } from "../nodes/nodes.js";
import type { PluginManager } from "../plugins/plugin-manager.js";
import type { Store } from "../store/store.js";
import { buildError } from "./build-error.js";
import { EventLog } from "./event-log.js";
import type { Execution, ExecutionContext, StartedNode } from "./execution.js";
import { ImageLoads } from "./images/image-loads.js";
import type { LayerKnowledge } from "./images/layer-knowledge.js";
import type { Inputs } from "./inputs/inputs.js";
import type { Layouts } from "./layouts.js";
import { OutputStreams } from "./outputs/output-streams.js";
import { asRequestError } from "./spec/problems.js";

/** What one build is made of. */
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
  nodes: Nodes;
  plugins: PluginManager;
  layers: LayerKnowledge;
  /** Creates the execution that carries it out. */
  execute(context: ExecutionContext): Execution;
}

/** One build from its acceptance to its last event. Owns its execution, inputs and outputs. */
export class RunningBuild {
  readonly events: EventLog;
  readonly streams: OutputStreams;
  /** Resolves when the build has ended and everything it opened is closed. */
  readonly done: Promise<void>;
  readonly #options: RunningBuildOptions;
  readonly #build: Build;
  readonly #abort = new AbortController();
  readonly #loads: ImageLoads;
  /** Why an event could not be stored; it ends the build. */
  #storeFailure: { cause: unknown } | undefined;
  readonly #execution: Execution;
  #markDone!: () => void;

  constructor(options: RunningBuildOptions) {
    const { spec, build, inputs, layouts, configs, credentials, nodes, plugins, layers, store } = options;
    const { id, driver } = build;
    this.#options = options;
    this.#build = build;
    const events = new EventLog(store, id, (cause) => {
      this.#storeFailure ??= { cause };
      this.#abort.abort(cause);
    });
    const streamed = spec.outputs.flatMap(({ destination }, index) =>
      destination.case === "stream" ? [index] : [],
    );
    const streams = new OutputStreams(streamed);
    const { environment } = spec;
    const { signal } = this.#abort;
    const loads = new ImageLoads({ plugins, environment, events, layers, signal });
    this.events = events;
    this.streams = streams;
    this.#loads = loads;
    this.#execution = options.execute({
      id,
      driver,
      spec,
      inputs,
      layouts,
      configs,
      credentials,
      events,
      streams,
      loads,
      nodes,
      plugins,
    });
    this.done = new Promise((resolve) => {
      this.#markDone = resolve;
    });
  }

  /** A copy of the build's current record. */
  snapshot(): Build {
    return { ...clone(BuildSchema, this.#build), lastSequence: BigInt(this.events.last) };
  }

  /** Ends the build; it finishes as CANCELLED. */
  cancel(reason = "The build was cancelled."): void {
    this.#abort.abort(new ConnectError(reason, Code.Canceled));
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

  /** Builds. Never rejects: an error becomes the last event. */
  async run(): Promise<void> {
    const { build, configs } = this.#options;
    const { signal } = this.#abort;
    const nodes = configs.map(({ node }) => node);
    try {
      await this.events.append({
        case: "accepted",
        value: { builder: build.builder, driver: build.driver, nodes },
      });
      const result = await this.#execution.run(async (started, warnings) => {
        await this.#enter(started);
        for (const value of warnings) await this.events.append({ case: "warning", value });
      }, signal);
      await this.#finish({ state: BuildState.SUCCEEDED, result });
    } catch (cause) {
      const error = this.#storeFailure
        ? buildError(this.#storeFailure.cause)
        : buildError(this.#loads.failure ?? cause, signal);
      const state = error.reason === "CANCELLED" ? BuildState.CANCELLED : BuildState.FAILED;
      await this.#finish({ state, error });
    } finally {
      this.#markDone();
    }
  }

  async #enter(started: readonly StartedNode[]): Promise<void> {
    this.#build.refs = started.map(({ ref }) => ref);
    this.#build.state = BuildState.RUNNING;
    this.#build.startTime = timestampNow();
    await this.#options.store.putBuild(this.#build);
    for (const { node, ref, platforms } of started) {
      await this.events.append({ case: "started", value: { node, ref, platforms: [...platforms] } });
    }
  }

  async #finish(end: { state: BuildState; result?: BuildResult; error?: BuildError }): Promise<void> {
    await this.#close();
    Object.assign(this.#build, end, {
      finishTime: timestampNow(),
      lastSequence: BigInt(this.events.last + 1),
    });
    await Promise.all([
      this.#options.store.putBuild(this.#build),
      this.events.append({ case: "finished", value: create(BuildFinishedSchema, end) }),
    ]);
  }

  async #close(): Promise<void> {
    this.#options.inputs.release();
    await this.#options.layouts.close();
    this.streams.close();
    this.#loads.close();
    await this.#execution.close();
  }
}
