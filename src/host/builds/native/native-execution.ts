import { invalidField } from "../../../errors/typed-error.js";
import type { BuildResult } from "../../../gen/slipway/build/v1/build_result_pb.js";
import type { NodeConfig } from "../../../gen/slipway/driver/v1/node_pb.js";
import { normalizePlatforms } from "../../../inputs/platform.js";
import { driverFault } from "../../../plugin-client/driver-fault.js";
import { closeAll } from "../../../util/close-all.js";
import { firstCredential } from "../../nodes/image-credentials.js";
import type { RunningNode } from "../../nodes/running-node.js";
import { FailedBuild } from "../build-error.js";
import type { Execution, ExecutionContext, OnStart } from "../execution.js";
import { defaultImageId } from "../images/image-id.js";
import type { Inputs } from "../inputs/inputs.js";
import { sinksOf } from "../outputs/sinks.js";
import { policiesOf } from "../policies/policies-of.js";
import { policyUnsupported } from "../policies/policy-errors.js";
import { platformsOf } from "../spec/frontend.js";
import { requireClaimed } from "./claims.js";
import { nativeCall } from "./native-call.js";
import { NativeOutputs } from "./native-outputs.js";
import { type NativePlan, planNative } from "./native-plan.js";

/** Lets a plugin build by itself, on one node of a driver with the capability "build.native". */
export class NativeExecution implements Execution {
  readonly #context: ExecutionContext;
  #config!: NodeConfig;
  #node: RunningNode | undefined;
  #plan: NativePlan | undefined;
  #outputs: NativeOutputs | undefined;

  constructor(context: ExecutionContext) {
    this.#context = context;
  }

  async prepare(signal: AbortSignal): Promise<void> {
    const { spec, inputs, configs, driver, nodes, plugins } = this.#context;
    this.#config = nodeFor(platformsOf(spec), configs);
    const plugin = await plugins.use(driver);
    plugin.release();
    requireClaimed(spec, plugin.descriptor);
    requireNoPolicies(inputs, driver);
    this.#node = await nodes.runningOnly(driver, this.#config, { signal });
    if (this.#node) this.#plan = await planNative(this.#context, this.#node, signal);
  }

  async rest(): Promise<void> {
    const node = this.#node;
    this.#node = undefined;
    this.#plan = undefined;
    await node?.close();
  }

  async run(onStart: OnStart, signal: AbortSignal): Promise<BuildResult> {
    const { ref, spec } = this.#context;
    this.#node ??= await this.#boot(signal);
    const plan = this.#plan ?? (await planNative(this.#context, this.#node, signal));
    const started = { node: this.#config.node, ref, platforms: platformsOf(spec) };
    await onStart([started], plan.warnings);
    const result = await this.#build(this.#node, plan, signal);
    return { ...result, cacheOnly: plan.cacheOnly };
  }

  async close(): Promise<void> {
    await closeAll([() => this.#outputs?.close(), () => this.#node?.close()]);
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

  async #build(node: RunningNode, plan: NativePlan, signal: AbortSignal): Promise<BuildResult> {
    const { id, driver, loads, credentials, streams, events } = this.#context;
    const targets = sinksOf(plan.exports, {
      streams,
      onReady: (output) => events.append({ case: "outputReady", value: { output } }),
      load: (archive, output) => loads.load(archive, output),
    });
    const outputs = new NativeOutputs(driver, targets);
    this.#outputs = outputs;
    const call = nativeCall(
      {
        plugin: node.plugin,
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
          await outputs.write(message.value, signal);
          break;
        case "error":
          throw new FailedBuild(message.value);
        case "result":
          result = message.value;
      }
    }
    if (!result) throw driverFault(driver, "ended the build without a result");
    outputs.requireAll();
    const imageId = result.imageId || (await loads.imageId(result)) || defaultImageId(result);
    return { ...result, imageId };
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

/** Policies are enforced by BuildKit. */
function requireNoPolicies(inputs: Inputs, driver: string): void {
  const [file] = policiesOf(inputs).flatMap(({ files }) => files);
  if (!file) return;
  throw policyUnsupported(
    file.name,
    `the ${driver} driver builds without BuildKit.`,
    "Use a builder of another driver.",
  );
}
