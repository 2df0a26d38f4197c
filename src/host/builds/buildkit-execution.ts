import { fileSync } from "../../buildkit/filesync/file-sync.js";
import type { SessionMethod } from "../../buildkit/session/method.js";
import type { Diagnostic } from "../../gen/slipway/driver/v1/diagnostic_pb.js";
import type { BuildResult } from "../../gen/slipway/v1/build_event_pb.js";
import type { Nodes } from "../nodes/nodes.js";
import { PlatformNodes } from "../nodes/platform-nodes.js";
import { newBuildId } from "./build-id.js";
import { buildResult } from "./build-result.js";
import { cacheOnlyWarning } from "./cache-only.js";
import type { BegunPart, Execution, ExecutionContext } from "./execution.js";
import { hostStep } from "./host-step.js";
import { BuildPart } from "./parts/build-part.js";
import { checkJointOutputs, type JointPush, jointPushOf, jointWarnings } from "./parts/joint-outputs.js";
import { solveJointly } from "./parts/solve-jointly.js";
import { credentialMethods } from "./session-methods.js";
import { checkDestinations, type SinkOptions, sinksOf } from "./sinks.js";
import type { Solved } from "./solve.js";
import { attributeWarnings } from "./spec/attribute-warnings.js";
import { callOf, platformsOf } from "./spec/frontend.js";

/** Builds through the BuildKits of a builder's nodes. */
export class BuildkitExecution implements Execution {
  readonly #context: ExecutionContext;
  readonly #nodes: PlatformNodes;
  readonly #warnings: Diagnostic[] = [];
  #methods: SessionMethod[] = [];
  /** What each node builds; known once all nodes are open. */
  #parts: BuildPart[] = [];
  /** What the nodes push together; for several nodes only. */
  #push: JointPush | undefined;

  constructor(context: ExecutionContext, nodes: Nodes) {
    const { spec, inputs, driver, configs, credentials } = context;
    this.#context = context;
    this.#nodes = new PlatformNodes({
      nodes,
      driver,
      // A frontend is asked once, whatever the platforms.
      configs: callOf(spec) ? configs.slice(0, 1) : configs,
      platforms: platformsOf(spec),
      affinityKey: inputs.sharedKey,
      credentials,
    });
  }

  async prepare(signal: AbortSignal): Promise<void> {
    const { spec, credentials } = this.#context;
    this.#methods = await credentialMethods(spec, credentials);
    await this.#openCaches();
    if (await this.#nodes.openRunning(signal)) await this.#plan();
  }

  async run(
    begin: (parts: readonly BegunPart[], warnings: readonly Diagnostic[]) => Promise<void>,
    signal: AbortSignal,
  ): Promise<BuildResult> {
    if (this.#parts.length === 0) await this.#boot(signal);
    if (this.#parts[0]!.plan.cacheOnly) this.#warnings.push(cacheOnlyWarning(this.#context.driver));
    const begun = this.#parts.map(({ node, ref, platforms }) => ({ node: node.config.node, ref, platforms }));
    await begin(begun, this.#warnings);
    await this.#saveImages(signal);
    return this.#solve(signal);
  }

  explain(cause: unknown): unknown {
    return this.#context.images.failure ?? cause;
  }

  async close(): Promise<void> {
    await this.#nodes.close();
  }

  async #openCaches(): Promise<void> {
    const { spec, layouts } = this.#context;
    this.#warnings.push(...attributeWarnings(spec));
    const { caches, warnings } = await layouts.addCacheImports(spec.cacheFrom);
    spec.cacheFrom = caches;
    this.#warnings.push(...warnings);
    await layouts.addCacheExports(spec.cacheTo);
  }

  async #boot(signal: AbortSignal): Promise<void> {
    const { events } = this.#context;
    await this.#nodes.boot(signal, ({ node }) => (progress) => {
      events.append({ case: "bootstrap", value: { node, progress } });
    });
    await this.#plan();
  }

  /** Saves the named contexts that are images of a store; only then their references are known. */
  async #saveImages(signal: AbortSignal): Promise<void> {
    const { inputs, events } = this.#context;
    for (const { context, title, save } of inputs.storedImages) {
      const reference = await hostStep(events, title, (report) => save(report, signal));
      for (const { plan } of this.#parts) plan.frontend.attributes[`context:${context}`] = reference;
    }
  }

  /** Phrases the build for each of its nodes, and checks that they and the destinations can do it. */
  async #plan(): Promise<void> {
    const { id, spec, inputs, events, layouts, images } = this.#context;
    const assigned = await this.#nodes.assign();
    if (assigned.length > 1) {
      checkJointOutputs(spec);
      this.#push = jointPushOf(spec);
      this.#warnings.push(...jointWarnings(spec));
    }
    const parts = assigned.map(
      (assignment, index) =>
        new BuildPart({
          ...assignment,
          spec,
          inputs,
          events,
          ref: index === 0 ? id : newBuildId(),
          others: assigned.filter((other) => other !== assignment).flatMap(({ platforms }) => platforms),
        }),
    );
    for (const { plan } of parts) {
      await images.check(plan.exports, platformsOf(spec));
      await checkDestinations(plan.exports);
      await layouts.addUnpacked(plan.exports);
    }
    this.#parts = parts;
  }

  async #solve(signal: AbortSignal): Promise<BuildResult> {
    const { driver, inputs, layouts, images, credentials, streams, events } = this.#context;
    if (this.#parts.length === 1) images.layer(this.#parts[0]!.plan.exports, layouts, signal);
    const methods = [...this.#methods, ...fileSync(inputs.locals), ...layouts.methods()];
    const sinks: SinkOptions = {
      streams,
      onReady: (output) => events.append({ case: "outputReady", value: { output } }),
      load: (archive, output) => images.load(archive, output, signal),
    };
    const [part, ...others] = this.#parts as [BuildPart];
    if (others.length > 0) {
      const options = { methods, sinks, layouts, push: this.#push, credentials, events };
      return solveJointly(this.#parts, options, signal);
    }
    const { plan, node } = part;
    const solved = await part.solve(methods, sinksOf(plan.exports, sinks), signal);
    await images.finish(solved.exporterResponse);
    await layouts.finish([solved.exporterResponse]);
    const pushes = plan.exports.flatMap(({ pushAfterwards }) => pushAfterwards);
    const pushed = await images.push(pushes, driver, node.config.endpoint, signal);
    return buildResult([pushed ? inRegistry(solved, pushed) : solved], plan);
  }
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
