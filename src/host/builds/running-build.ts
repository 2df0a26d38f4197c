import { clone, create } from "@bufbuild/protobuf";
import { timestampNow } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
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
import { buildError } from "./build-error.js";
import { newBuildId } from "./build-id.js";
import { buildResult } from "./build-result.js";
import type { BuildCaller, BuildsOptions } from "./builds.js";
import { EventLog } from "./event-log.js";
import { hostStep } from "./host-step.js";
import { ImageStores } from "./image-stores.js";
import type { Inputs } from "./inputs.js";
import type { Layouts } from "./layouts.js";
import { OutputStreams } from "./outputs/output-streams.js";
import { BuildNodes } from "./parts/build-nodes.js";
import { BuildPart } from "./parts/build-part.js";
import { checkJointOutputs, type JointPush, jointPushOf, jointWarnings } from "./parts/joint-outputs.js";
import { solveJointly } from "./parts/solve-jointly.js";
import { credentialMethods, credentialProviders } from "./session-methods.js";
import { checkDestinations, type SinkOptions, sinksOf } from "./sinks.js";
import type { Solved } from "./solve.js";
import { attributeWarnings } from "./spec/attribute-warnings.js";
import { callOf, platformsOf } from "./spec/frontend.js";
import { asRequestError } from "./spec/problems.js";

/** What one build is made of. */
export interface RunningBuildOptions extends BuildsOptions {
  build: Build;
  spec: BuildSpec;
  /** Owned by the build from here on. */
  inputs: Inputs;
  /** Owned by the build from here on. */
  layouts: Layouts;
  /** The builder's nodes, in order. */
  configs: readonly NodeConfig[];
  caller: BuildCaller;
}

/** One build from its acceptance to its last event. Owns its nodes' connections, sessions, inputs and sinks. */
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
  readonly #nodes: BuildNodes;
  #methods: SessionMethod[] = [];
  /** What each node builds; known once all nodes are open. */
  #parts: BuildPart[] = [];
  /** What the nodes push together; for several nodes only. */
  #push: JointPush | undefined;
  #markDone!: () => void;

  constructor(options: RunningBuildOptions) {
    const { spec, inputs, build } = options;
    this.#options = options;
    this.#build = build;
    this.events = new EventLog(options.store, build.id);
    const streamed = spec.outputs.flatMap(({ destination }, index) =>
      destination.case === "stream" ? [index] : [],
    );
    this.streams = new OutputStreams(streamed);
    this.#images = new ImageStores(options.plugins, spec, this.events, options.layers);
    this.#nodes = new BuildNodes({
      ...options,
      driver: build.driver,
      // A frontend is asked once, whatever the platforms.
      configs: callOf(spec) ? options.configs.slice(0, 1) : options.configs,
      platforms: platformsOf(spec),
      affinityKey: inputs.sharedKey,
      credentials: this.#images.credentials,
    });
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
    const { spec, caller } = this.#options;
    try {
      const providers = await credentialProviders(spec, caller);
      this.#methods = await credentialMethods(spec, providers);
      this.#images.credentials.push(...providers);
      await this.#openCaches();
      if (await this.#nodes.openRunning(this.#abort.signal)) await this.#plan();
    } catch (cause) {
      await this.#close();
      throw asRequestError(cause);
    }
  }

  async #openCaches(): Promise<void> {
    const { spec, layouts } = this.#options;
    this.#warnings.push(...attributeWarnings(spec));
    const { caches, warnings } = await layouts.addCacheImports(spec.cacheFrom);
    spec.cacheFrom = caches;
    this.#warnings.push(...warnings);
    await layouts.addCacheExports(spec.cacheTo);
  }

  /** Builds. Never rejects: whatever happens becomes the last event. */
  async run(): Promise<void> {
    const { build, configs } = this.#options;
    const nodes = configs.map(({ node }) => node);
    try {
      await this.events.append({
        case: "accepted",
        value: { builder: build.builder, driver: build.driver, nodes },
      });
      if (this.#parts.length === 0) await this.#boot();
      await this.#enter(BuildState.RUNNING);
      for (const { node, ref, platforms } of this.#parts) {
        const value = { node: node.config.node, ref, platforms: [...platforms] };
        await this.events.append({ case: "started", value });
      }
      if (this.#parts[0]!.plan.cacheOnly) this.#warnings.push(cacheOnlyWarning(build.driver));
      for (const value of this.#warnings) await this.events.append({ case: "warning", value });
      await this.#saveImages();
      await this.#finish({ state: BuildState.SUCCEEDED, result: await this.#solve() });
    } catch (cause) {
      const error = buildError(this.#images.failure ?? cause, this.#abort.signal);
      const state = error.reason === "CANCELLED" ? BuildState.CANCELLED : BuildState.FAILED;
      await this.#finish({ state, error });
    } finally {
      this.#markDone();
    }
  }

  async #boot(): Promise<void> {
    await this.#nodes.boot(this.#abort.signal, ({ node }) => (progress) => {
      this.events.append({ case: "bootstrap", value: { node, progress } });
    });
    await this.#plan();
  }

  /** Saves the named contexts that are images of a store; only then their references are known. */
  async #saveImages(): Promise<void> {
    for (const { context, title, save } of this.#options.inputs.storedImages) {
      const reference = await hostStep(this.events, title, (report) => save(report, this.#abort.signal));
      for (const { plan } of this.#parts) plan.frontend.attributes[`context:${context}`] = reference;
    }
  }

  /** Phrases the build for each of its nodes, and checks that they and the destinations can do it. */
  async #plan(): Promise<void> {
    const { spec, build, layouts } = this.#options;
    const assigned = await this.#nodes.assign();
    if (assigned.length > 1) {
      checkJointOutputs(spec);
      this.#push = jointPushOf(spec);
      this.#warnings.push(...jointWarnings(spec));
    }
    const parts = assigned.map(
      (assignment, index) =>
        new BuildPart({
          ...this.#options,
          ...assignment,
          events: this.events,
          ref: index === 0 ? build.id : newBuildId(),
          others: assigned.filter((other) => other !== assignment).flatMap(({ platforms }) => platforms),
        }),
    );
    for (const { plan } of parts) {
      await this.#images.check(plan.exports, platformsOf(spec));
      await checkDestinations(plan.exports);
      await layouts.addUnpacked(plan.exports);
    }
    build.refs = parts.map(({ ref }) => ref);
    this.#parts = parts;
  }

  async #solve(): Promise<BuildResult> {
    const { build, inputs, layouts } = this.#options;
    const { signal } = this.#abort;
    if (this.#parts.length === 1) this.#images.layer(this.#parts[0]!.plan.exports, layouts, signal);
    const methods = [...this.#methods, ...fileSync(inputs.locals), ...layouts.methods()];
    const sinks: SinkOptions = {
      streams: this.streams,
      onReady: (output) => this.events.append({ case: "outputReady", value: { output } }),
      load: (archive, output) => this.#images.load(archive, output, signal),
    };
    const [part, ...others] = this.#parts as [BuildPart];
    if (others.length > 0) {
      const { credentials } = this.#images;
      const { events } = this;
      const options = { methods, sinks, layouts, push: this.#push, credentials, events };
      return solveJointly(this.#parts, options, signal);
    }
    const { plan, node } = part;
    const solved = await part.solve(methods, sinksOf(plan.exports, sinks), signal);
    await this.#images.finish(solved.exporterResponse);
    await layouts.finish([solved.exporterResponse]);
    const pushes = plan.exports.flatMap(({ pushAfterwards }) => pushAfterwards);
    const pushed = await this.#images.push(pushes, build.driver, node.config.endpoint, signal);
    return buildResult([pushed ? inRegistry(solved, pushed) : solved], plan);
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
    await this.#nodes.close();
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

/** What an engine built and then pushed: like buildx, the digest is the registry's, and the one before is the configuration's. */
function inRegistry(solved: Solved, digest: string): Solved {
  const { "containerimage.digest": imageId, ...rest } = solved.exporterResponse;
  const response = {
    "containerimage.config.digest": imageId ?? "",
    ...rest,
    "containerimage.digest": digest,
  };
  return { ...solved, exporterResponse: response };
}
