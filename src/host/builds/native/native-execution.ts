import { invalidField } from "../../../errors/typed-error.js";
import type { Diagnostic } from "../../../gen/slipway/driver/v1/diagnostic_pb.js";
import type { NodeConfig } from "../../../gen/slipway/driver/v1/node_pb.js";
import type { BuildResult } from "../../../gen/slipway/v1/build_event_pb.js";
import { normalizePlatforms } from "../../../inputs/platform.js";
import { isError, refused } from "../../nodes/findings.js";
import { firstCredential } from "../../nodes/image-credentials.js";
import type { RunningNode } from "../../nodes/running-node.js";
import type { DriverLease } from "../../plugins/plugin-manager.js";
import { FailedBuild } from "../build-error.js";
import { cacheOnlyWarning } from "../cache-only.js";
import type { Execution, ExecutionContext, OnStart } from "../execution.js";
import { checkDestinations, sinksOf } from "../outputs/sinks.js";
import { attestationsWanted } from "../spec/attestations.js";
import { type Exports, exportsOf } from "../spec/exports.js";
import { Features, unsupported } from "../spec/features.js";
import { platformsOf } from "../spec/frontend.js";
import { requireClaimed } from "./claims.js";
import { driverFault } from "./driver-fault.js";
import { nativeCall } from "./native-call.js";
import { NativeOutputs } from "./native-outputs.js";
import { type NativeSpec, nativeSpec, withoutSecrets } from "./native-spec.js";

interface Plan extends NativeSpec, Exports {}

/** Lets a plugin build by itself, on one node of a driver with the capability "build.native". */
export class NativeExecution implements Execution {
  readonly #context: ExecutionContext;
  #config!: NodeConfig;
  readonly #warnings: Diagnostic[] = [];
  #lease: DriverLease | undefined;
  #node: RunningNode | undefined;
  #plan: Plan | undefined;
  #outputs: NativeOutputs | undefined;

  constructor(context: ExecutionContext) {
    this.#context = context;
  }

  async prepare(signal: AbortSignal): Promise<void> {
    const { spec, configs, driver, nodes, plugins } = this.#context;
    this.#config = nodeFor(platformsOf(spec), configs);
    this.#lease = await plugins.use(driver);
    requireClaimed(spec, this.#lease.descriptor);
    this.#node = await nodes.runningOnly(driver, this.#config, { signal });
    if (this.#node) await this.#makePlan(this.#node, signal);
  }

  async run(onStart: OnStart, signal: AbortSignal): Promise<BuildResult> {
    const { id, driver, spec } = this.#context;
    this.#node ??= await this.#boot(signal);
    const plan = this.#plan ?? (await this.#makePlan(this.#node, signal));
    if (plan.cacheOnly) this.#warnings.push(cacheOnlyWarning(driver));
    const started = { node: this.#config.node, ref: id, platforms: platformsOf(spec) };
    await onStart([started], this.#warnings);
    const result = await this.#build(this.#node, plan, signal);
    return { ...result, cacheOnly: plan.cacheOnly };
  }

  async close(): Promise<void> {
    this.#outputs?.close();
    await this.#node?.close();
    this.#lease?.release();
  }

  async #boot(signal: AbortSignal): Promise<RunningNode> {
    const { driver, events, credentials, nodes } = this.#context;
    const { node } = this.#config;
    return nodes.run(driver, this.#config, {
      signal,
      credentials,
      onProgress(progress) {
        events.append({ case: "bootstrap", value: { node, progress } });
      },
    });
  }

  /** Translates the specification for the plugin, and checks that the node, the plugin and the destinations support it. */
  async #makePlan({ status, driver }: RunningNode, signal: AbortSignal): Promise<Plan> {
    const { spec, inputs, loads } = this.#context;
    const features = new Features(driver, status);
    if (platformsOf(spec).length > 1)
      features.require("multi-platform", "spec.platforms", "A build for several platforms");
    // The plugin gets annotations as their own field, not as attributes of outputs.
    const { exports, cacheOnly } = exportsOf({ ...spec, annotations: {} }, status.buildDefaults, features);
    exports.forEach(({ destination, attributes, output }) => {
      if (destination.kind !== "directory" || attributes.mode !== "delete") return;
      throw unsupported(`spec.outputs[${output}].attributes[mode]`, "mode=delete needs BuildKit.");
    });
    const image = { platforms: platformsOf(spec), attestations: attestationsWanted(spec) };
    const adapted = await loads.open(exports, image);
    await checkDestinations(adapted);
    const plan: Plan = { ...(await nativeSpec(spec, inputs, adapted)), exports: adapted, cacheOnly };
    await this.#check(plan, signal);
    this.#plan = plan;
    return plan;
  }

  async #check({ spec }: Plan, signal: AbortSignal): Promise<void> {
    const request = { driver: this.#context.driver, config: this.#config, spec: withoutSecrets(spec) };
    const { diagnostics } = await this.#lease!.nativeBuild.checkBuild(request, { signal });
    const errors = diagnostics.filter(isError);
    this.#warnings.push(...diagnostics.filter((diagnostic) => !isError(diagnostic)));
    if (errors.length > 0) throw refused(errors, "spec");
  }

  async #build(node: RunningNode, plan: Plan, signal: AbortSignal): Promise<BuildResult> {
    const { id, driver, loads, credentials, streams, events } = this.#context;
    const targets = sinksOf(plan.exports, {
      streams,
      onReady: (output) => events.append({ case: "outputReady", value: { output } }),
      load: (archive, output) => loads.load(archive, output),
    });
    this.#outputs = new NativeOutputs(driver, targets);
    const call = nativeCall(
      {
        lease: node.lease,
        start: { driver, config: this.#config, id, spec: plan.spec },
        uploads: plan.uploads,
        credential: (registry) => firstCredential(credentials, registry, signal),
      },
      signal,
    );
    let result: BuildResult | undefined;
    for await (const message of call) {
      switch (message.case) {
        case "progress":
          await events.append({ case: "progress", value: message.value });
          break;
        case "warning":
          await events.append({ case: "warning", value: message.value });
          break;
        case "output":
          await this.#outputs.write(message.value, signal);
          break;
        case "error":
          throw new FailedBuild(message.value);
        case "result":
          result = message.value;
      }
    }
    if (!result) throw driverFault(driver, "ended the build without a result");
    this.#outputs.requireAll();
    return result;
  }
}

/** The first node that builds for all of the platforms. A node without pinned platforms builds for any. */
function nodeFor(platforms: readonly string[], configs: readonly NodeConfig[]): NodeConfig {
  const fits = ({ platforms: pinned }: NodeConfig) => {
    const known = normalizePlatforms(pinned);
    return known.length === 0 || platforms.every((platform) => known.includes(platform));
  };
  const found = configs.find(fits);
  if (found) return found;
  const message = `No node of the builder builds for ${platforms.join(" and ")} at once.`;
  throw invalidField("spec.platforms", "PLATFORM_UNKNOWN", message, "Build each platform separately.");
}
