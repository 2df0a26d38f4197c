import { clone, create } from "@bufbuild/protobuf";
import { timestampNow } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { fileSend } from "../../buildkit/filesend/file-send.js";
import { fileSync } from "../../buildkit/filesync/file-sync.js";
import type { SessionMethod } from "../../buildkit/session/method.js";
import { type Diagnostic, DiagnosticSchema, Severity } from "../../gen/slipway/driver/v1/diagnostic_pb.js";
import type { NodeConfig } from "../../gen/slipway/driver/v1/node_pb.js";
import {
  type BuildError,
  BuildFinishedSchema,
  type BuildResult,
  BuildState,
} from "../../gen/slipway/v1/build_event_pb.js";
import { type Build, BuildSchema } from "../../gen/slipway/v1/build_pb.js";
import type { BuildSpec } from "../../gen/slipway/v1/build_spec_pb.js";
import type { ReadyNode } from "../builders/nodes.js";
import { buildError } from "./build-error.js";
import { buildResult } from "./build-result.js";
import type { BuildCaller, BuildsOptions } from "./builds.js";
import { convertProgress } from "./convert-progress.js";
import { EventLog } from "./event-log.js";
import { ImageStores } from "./image-stores.js";
import type { Inputs } from "./inputs.js";
import type { Layouts } from "./layouts.js";
import { OutputStreams } from "./outputs/output-streams.js";
import { type Plan, planBuild } from "./plan.js";
import { credentialMethods, credentialProviders } from "./session-methods.js";
import { checkDestinations, sinksOf } from "./sinks.js";
import { solve } from "./solve.js";
import { platformsOf } from "./spec/frontend.js";
import { asRequestError } from "./spec/problems.js";

/** What one build is made of. */
export interface RunningBuildOptions extends BuildsOptions {
  build: Build;
  spec: BuildSpec;
  /** Owned by the build from here on. */
  inputs: Inputs;
  /** Owned by the build from here on. */
  layouts: Layouts;
  config: NodeConfig;
  caller: BuildCaller;
}

/** A node that is ready and what it will be asked for. */
interface Prepared {
  node: ReadyNode;
  plan: Plan;
}

/** One build from its acceptance to its last event. Owns its node connection, session, inputs and sinks. */
export class RunningBuild {
  readonly events: EventLog;
  readonly streams: OutputStreams;
  /** Resolves when the build has ended and everything of it is closed. */
  readonly done: Promise<void>;
  readonly #options: RunningBuildOptions;
  readonly #build: Build;
  readonly #abort = new AbortController();
  readonly #images: ImageStores;
  readonly #warnings: Diagnostic[] = [];
  #methods: SessionMethod[] = [];
  #prepared: Prepared | undefined;
  #markDone!: () => void;

  constructor(options: RunningBuildOptions) {
    this.#options = options;
    this.#build = options.build;
    this.events = new EventLog(options.store, options.build.id);
    const streamed = options.spec.outputs.flatMap(({ destination }, index) =>
      destination.case === "stream" ? [index] : [],
    );
    this.streams = new OutputStreams(streamed);
    this.#images = new ImageStores(options.plugins, options.spec, this.events);
    this.done = new Promise((resolve) => {
      this.#markDone = resolve;
    });
  }

  /** The build as it is now. */
  snapshot(): Build {
    return { ...clone(BuildSchema, this.#build), lastSequence: BigInt(this.events.last) };
  }

  /** Ends the build; it finishes as CANCELLED. */
  cancel(reason = "the build was cancelled"): void {
    this.#abort.abort(new ConnectError(reason, Code.Canceled));
  }

  /**
   * Checks all that can be checked before the build is accepted. On a node that does not run yet that is less; the
   * rest is checked when it has been booted. On an error nothing stays open.
   */
  async prepare(): Promise<void> {
    const { spec, caller, nodes, build, config } = this.#options;
    try {
      const providers = await credentialProviders(spec, caller);
      this.#methods = await credentialMethods(spec, providers);
      this.#images.credentials = providers;
      await this.#openCaches();
      const node = await nodes.openIfRunning(build.driver, config, {
        affinityKey: this.#options.inputs.sharedKey,
      });
      if (node) this.#prepared = await this.#plan(node);
    } catch (cause) {
      await this.#close();
      throw asRequestError(cause);
    }
  }

  async #openCaches(): Promise<void> {
    const { spec, layouts } = this.#options;
    const { caches, warnings } = await layouts.addCacheImports(spec.cacheFrom);
    spec.cacheFrom = caches;
    this.#warnings.push(...warnings);
    await layouts.addCacheExports(spec.cacheTo);
  }

  /** Builds. Never rejects: whatever happens becomes the last event. */
  async run(): Promise<void> {
    const { build, config } = this.#options;
    try {
      await this.events.append({ case: "accepted", value: { builder: build.builder, driver: build.driver } });
      const { node, plan } = this.#prepared ?? (await this.#boot());
      await this.#enter(BuildState.RUNNING);
      const platforms = platformsOf(this.#options.spec);
      await this.events.append({ case: "started", value: { node: config.node, ref: build.id, platforms } });
      if (plan.cacheOnly) this.#warnings.push(cacheOnlyWarning(build.driver));
      for (const value of this.#warnings) await this.events.append({ case: "warning", value });
      await this.#finish({ state: BuildState.SUCCEEDED, result: await this.#solve(node, plan) });
    } catch (cause) {
      const error = await buildError(cause, this.#prepared?.node, this.#options.nodes, this.#abort.signal);
      const state = error.reason === "CANCELLED" ? BuildState.CANCELLED : BuildState.FAILED;
      await this.#finish({ state, error });
    } finally {
      this.#markDone();
    }
  }

  async #boot(): Promise<Prepared> {
    const { nodes, build, config, inputs } = this.#options;
    const node = await nodes.open(build.driver, config, {
      affinityKey: inputs.sharedKey,
      signal: this.#abort.signal,
      onProgress: (progress) =>
        this.events.append({ case: "bootstrap", value: { node: config.node, progress } }),
    });
    this.#prepared = await this.#plan(node);
    return this.#prepared;
  }

  /** Takes over the node: it is closed when it cannot do what is asked. */
  async #plan(node: ReadyNode): Promise<Prepared> {
    try {
      const plan = planBuild(this.#options.spec, this.#options.inputs, node);
      await this.#images.check(plan.exports, platformsOf(this.#options.spec));
      await checkDestinations(plan.exports);
      await this.#options.layouts.addUnpacked(plan.exports);
      return { node, plan };
    } catch (cause) {
      await node.close();
      throw cause;
    }
  }

  async #solve(node: ReadyNode, plan: Plan): Promise<BuildResult> {
    const { build, inputs, layouts, log } = this.#options;
    const sinks = sinksOf(plan.exports, {
      streams: this.streams,
      onReady: (output) => this.events.append({ case: "outputReady", value: { output } }),
      load: (archive, output) => this.#images.load(archive, output, this.#abort.signal),
    });
    const methods = [
      ...this.#methods,
      ...fileSync(inputs.locals),
      ...layouts.methods(),
      ...(sinks.size > 0 ? [fileSend(sinks)] : []),
    ];
    const solved = await solve(
      node.client,
      { ...plan, ref: build.id, methods, sharedKey: inputs.sharedKey },
      this.#abort.signal,
      (status) => this.events.append({ case: "progress", value: convertProgress(status) }),
    );
    log.debug("solved", { build: build.id });
    await layouts.finish(solved.exporterResponse);
    const pushes = plan.exports.flatMap(({ pushAfterwards }) => pushAfterwards);
    await this.#images.push(pushes, build.driver, node.config.endpoint, this.#abort.signal);
    return buildResult(solved, plan);
  }

  async #enter(state: BuildState): Promise<void> {
    this.#build.state = state;
    this.#build.startTime = timestampNow();
    await this.#options.store.putBuild(this.#build);
  }

  async #finish(end: { state: BuildState; result?: BuildResult; error?: BuildError }): Promise<void> {
    await this.#close();
    Object.assign(this.#build, end, {
      finishTime: timestampNow(),
      lastSequence: BigInt(this.events.last + 1),
    });
    await this.#options.store.putBuild(this.#build);
    await this.events.append({ case: "finished", value: create(BuildFinishedSchema, end) });
  }

  async #close(): Promise<void> {
    this.#options.inputs.release();
    await this.#options.layouts.close();
    this.streams.close();
    this.#images.close();
    await this.#prepared?.node.close();
  }
}

function cacheOnlyWarning(driver: string): Diagnostic {
  return create(DiagnosticSchema, {
    severity: Severity.WARNING,
    reason: "OUTPUT_NONE",
    field: "spec.outputs",
    message: `No output specified with ${driver} driver. Build result will only remain in the build cache.`,
    remedy: "To push result image into registry use --push or to load image into docker use --load",
  });
}
