import type { ConnectError } from "@connectrpc/connect";
import { auth } from "../../buildkit/auth/auth.js";
import { fileSync } from "../../buildkit/filesync/file-sync.js";
import type { SessionMethod } from "../../buildkit/session/method.js";
import { credentialsOnlyFor } from "../../config/credential.js";
import type { BuildResult } from "../../gen/slipway/build/v1/build_result_pb.js";
import type { Diagnostic } from "../../gen/slipway/common/v1/diagnostic_pb.js";
import { LeasePurpose } from "../../gen/slipway/driver/v1/driver_pb.js";
import { capabilityIds, hasCapability } from "../../plugin-protocol/capabilities.js";
import { PlatformNodes } from "../nodes/platform-nodes.js";
import { type BuildPlan, planBuild } from "./build-plan.js";
import { buildResult } from "./build-result.js";
import type { Execution, ExecutionContext, OnStart } from "./execution.js";
import { configDigestKey, digestKey, digestsIn, type ExporterResponse } from "./exporter-response.js";
import { hostStep } from "./host-step.js";
import { imageIdAtNode } from "./images/image-id.js";
import { pushImages } from "./images/push-images.js";
import { linkedOnSeveralNodes } from "./link-targets.js";
import { namedRegistries } from "./logins/named-registries.js";
import { refusedTokenServers } from "./logins/token-servers.js";
import { buildOnNodes } from "./multi-node/build-on-nodes.js";
import { buildOnNode, explainLoss, type NodeBuildOptions, type NodePlan } from "./node-build.js";
import { type SinkOptions, sinksOf } from "./outputs/sinks.js";
import { PolicyEngine } from "./policies/policy-engine.js";
import { remotePolicies } from "./policies/remote-policies.js";
import { secretMethods } from "./session-methods.js";
import { attributeWarnings } from "./spec/attribute-warnings.js";
import type { CacheImport } from "./spec/caches.js";
import { unsupported } from "./spec/features.js";
import { callOf, platformsOf } from "./spec/frontend.js";
import { splitNames } from "./spec/image-names.js";

/** Builds through the BuildKits of a builder's nodes. */
export class BuildkitExecution implements Execution {
  readonly #context: ExecutionContext;
  readonly #nodes: PlatformNodes;
  #secretMethods: readonly SessionMethod[] = [];
  #policies: PolicyEngine | undefined;
  #caches: { imports: readonly CacheImport[]; warnings: readonly Diagnostic[] } = {
    imports: [],
    warnings: [],
  };
  /** Known once all nodes are open. */
  #plan: BuildPlan | undefined;

  constructor(context: ExecutionContext) {
    const { id, owner, spec, inputs, driver, configs, credentials, nodes } = context;
    this.#context = context;
    this.#nodes = new PlatformNodes({
      nodes,
      driver,
      // One node answers a call, whatever the platforms.
      configs: callOf(spec) ? configs.slice(0, 1) : configs,
      platforms: platformsOf(spec),
      lease: {
        purpose: LeasePurpose.BUILD,
        buildId: id,
        principal: owner,
        affinityKey: context.links?.affinityKey ?? inputs.sharedKey,
        expectedContextBytes: BigInt(inputs.knownBytes),
      },
      credentials,
    });
  }

  async prepare(signal: AbortSignal): Promise<void> {
    const { spec, inputs, layouts, plugins } = this.#context;
    this.#policies = await PolicyEngine.open(spec, inputs, plugins, signal);
    this.#secretMethods = await secretMethods(spec);
    this.#caches = await layouts.addCacheImports(spec.cacheFrom);
    await layouts.addCacheExports(spec.cacheTo);
    if (await this.#nodes.openRunning(signal)) this.#plan = await this.#makePlan();
  }

  async rest(): Promise<void> {
    this.#plan = undefined;
    await this.#nodes.close();
  }

  async run(onStart: OnStart, signal: AbortSignal): Promise<BuildResult> {
    const { events, spec, inputs, layouts, loads, streams, credentials, stores, configs } = this.#context;
    const { isLocal } = stores;
    const plan = await this.#currentPlan(signal);
    await this.#addRemotePolicies(plan.nodes[0], signal);
    const started = plan.nodes.map(({ node, ref, platforms }) => ({
      node: node.config.node,
      ref,
      platforms,
    }));
    await onStart(started, [...attributeWarnings(spec), ...this.#caches.warnings, ...plan.warnings]);
    // Before the session's methods are listed: what is saved is served by them.
    const contexts = await this.#saveImages(signal);
    const registries = await namedRegistries(spec, inputs, plan.nodes);
    const logins = credentials.map((each) => credentialsOnlyFor((host) => registries.has(host), each));
    const options: NodeBuildOptions = {
      events,
      contexts,
      methods: [
        ...this.#secretMethods,
        ...auth(logins, process.env, (registry) => refusedTokenServers(registry, { isLocal, configs })),
        ...fileSync(inputs.locals),
        ...layouts.methods(),
        ...(this.#policies ? [this.#policies.method()] : []),
      ],
      hasPolicies: this.#policies !== undefined,
      sharedKey: inputs.sharedKey,
      returnProvenance: spec.returnProvenance,
      links: this.#context.links,
      hold: this.#context.hold,
      meter: this.#context.meter,
      log: this.#context.log,
    };
    const sinks: SinkOptions = {
      streams,
      onReady: (output) => events.append({ case: "outputReady", value: { output } }),
      load: (archive, output) => loads.load(archive, output),
    };
    const [first, ...others] = plan.nodes;
    if (others.length === 0) return this.#buildOnOne(first, sinks, options, signal);
    const { push } = plan;
    return buildOnNodes(plan.nodes, { ...options, sinks, layouts, push, credentials, isLocal }, signal);
  }

  get restartableLoss(): ConnectError | undefined {
    return this.#nodes.restartableLoss;
  }

  async close(): Promise<void> {
    this.#policies?.close();
    await this.#nodes.close();
  }

  /** The plan, on nodes that are not being drained. */
  async #currentPlan(signal: AbortSignal): Promise<BuildPlan> {
    if (this.#plan && !this.#nodes.isDraining) return this.#plan;
    if (this.#plan) await this.#nodes.close();
    const { events } = this.#context;
    await this.#nodes.boot(signal, ({ node }) => (progress) => {
      events.append({ case: "bootstrap", value: { node, progress } });
    });
    return this.#makePlan();
  }

  async #makePlan(): Promise<BuildPlan> {
    const assigned = await this.#nodes.assign();
    if (this.#context.links && assigned.length > 1) throw linkedOnSeveralNodes(this.#context.spec);
    if (this.#context.hold && assigned.length > 1)
      throw unsupported("hold", "A build on several nodes cannot be held.", "Build for one platform.");
    return planBuild(this.#context, assigned, this.#caches.imports);
  }

  /** Enforces the policies in a context that BuildKit fetches, too. */
  async #addRemotePolicies({ node }: NodePlan, signal: AbortSignal): Promise<void> {
    const { spec, inputs, plugins } = this.#context;
    const policies = await remotePolicies(spec, inputs, node, this.#secretMethods, signal).catch(
      async (cause) => {
        throw signal.aborted ? cause : await explainLoss(node, cause);
      },
    );
    if (!policies) return;
    this.#policies?.close();
    this.#policies = await PolicyEngine.open(spec, { ...inputs, ...policies }, plugins, signal);
  }

  /** Saves the named contexts that are images of a store, and returns their references. */
  async #saveImages(signal: AbortSignal): Promise<Record<string, string>> {
    const { inputs, events } = this.#context;
    const references: Record<string, string> = {};
    for (const { context, title, save } of inputs.storedImages) {
      references[context] = await hostStep(events, title, (report) => save(report, signal));
    }
    return references;
  }

  async #buildOnOne(
    plan: NodePlan,
    sinks: SinkOptions,
    options: NodeBuildOptions,
    signal: AbortSignal,
  ): Promise<BuildResult> {
    const { driver, layouts, loads, stores, events, credentials } = this.#context;
    const { exports, cacheOnly } = plan.solve;
    const outcome = await buildOnNode(plan, sinksOf(exports, sinks), options, signal);
    const { exporterResponse } = outcome;
    await loads.finish(exporterResponse);
    await layouts.finish([exporterResponse]);
    const imageId = await this.#imageId(plan, exporterResponse, signal);
    const pushed = await pushImages(
      exports.flatMap(({ pushAfterwards }) => pushAfterwards),
      { driver, endpoint: plan.node.config.endpoint },
      { stores, events, credentials },
      signal,
    );
    const response = pushed ? inRegistry(exporterResponse, pushed) : exporterResponse;
    const given = exports.flatMap(({ attributes }) => splitNames(attributes.name));
    return buildResult({ response, outcomes: [outcome], cacheOnly, given, imageId });
  }

  /** The id of the image where it was loaded, or in the engine that its BuildKit belongs to; else undefined. */
  async #imageId(
    { node: { plugin, status, config }, solve: { exports } }: NodePlan,
    response: ExporterResponse,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const { driver, loads, stores } = this.#context;
    const digests = digestsIn(response);
    const loaded = await loads.imageId(digests);
    if (loaded) return loaded;
    const { exporterTypes, imageExporterLoads } = status.buildDefaults ?? {};
    const isKept = exports.some(({ type }) => type === (exporterTypes?.image ?? "image"));
    const hasStore = hasCapability(plugin.descriptor, capabilityIds.imageStore);
    if (!imageExporterLoads || !isKept || !hasStore) return undefined;
    return imageIdAtNode({ driver, endpoint: config.endpoint }, stores, digests, signal);
  }
}

/** The response for an image that its engine pushed. As in buildx the digest is the registry's, and the former one the configuration's. */
function inRegistry(response: ExporterResponse, digest: string): ExporterResponse {
  const { [digestKey]: imageId, ...rest } = response;
  return { [configDigestKey]: imageId ?? "", ...rest, [digestKey]: digest };
}
