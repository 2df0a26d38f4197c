import { clone, create } from "@bufbuild/protobuf";
import type { Duration } from "@bufbuild/protobuf/wkt";
import { readTypedError } from "../../errors/typed-error.js";
import type { DriverDescriptor } from "../../gen/slipway/driver/v1/descriptor_pb.js";
import { type NodeConfig, NodeState, NodeStatusSchema } from "../../gen/slipway/driver/v1/node_pb.js";
import { type BuilderInstance, BuilderInstanceSchema, type Node } from "../../gen/slipway/v1/builder_pb.js";
import { capabilityIds, hasCapability } from "../../plugin-protocol/capabilities.js";
import { withTimeout } from "../../util/with-timeout.js";
import type { Nodes } from "../nodes/nodes.js";
import type { PluginManager } from "../plugins/plugin-manager.js";
import { buildkitVersion } from "./buildkit-version.js";
import { describeWorker } from "./describe-worker.js";
import { millisecondsOf } from "./duration.js";
import { publicConfig } from "./public-config.js";

/** How long to wait for the state of nodes by default, in milliseconds; as in buildx. */
const defaultTimeoutMs = 20_000;

/** What clients ask about builders. */
export interface InspectOptions {
  /** Ask the nodes for their state. */
  inspect: boolean;
  /** How long to wait for the nodes. */
  timeout?: Duration;
}

/** Describes builders to clients: without secrets, and on request with the state of their nodes. */
export class BuilderInspector {
  readonly #plugins: PluginManager;
  readonly #nodes: Nodes;

  constructor(plugins: PluginManager, nodes: Nodes) {
    this.#plugins = plugins;
    this.#nodes = nodes;
  }

  /** The builders, with the state of their nodes if asked for. */
  async describe(
    builders: readonly BuilderInstance[],
    { inspect, timeout }: InspectOptions,
    signal: AbortSignal,
  ): Promise<BuilderInstance[]> {
    if (!inspect) return Promise.all(builders.map((builder) => this.show(builder)));
    return withTimeout(millisecondsOf(timeout) ?? defaultTimeoutMs, signal, (limit) =>
      Promise.all(builders.map((builder) => this.inspect(builder, limit))),
    );
  }

  /** The builder as it is stored. */
  async show(builder: BuilderInstance): Promise<BuilderInstance> {
    const descriptor = await this.#descriptor(builder.driver);
    const shown = clone(BuilderInstanceSchema, builder);
    for (const node of shown.nodes) {
      if (node.config) node.config = publicConfig(node.config, descriptor);
      node.platforms = node.config?.platforms ?? [];
    }
    if (!descriptor) shown.error = missingDriver(builder.driver, await this.#plugins.describe());
    return shown;
  }

  /** The builder with the state of its nodes, which are asked concurrently. A node that does not answer has an error. */
  async inspect(builder: BuilderInstance, signal: AbortSignal): Promise<BuilderInstance> {
    const shown = await this.show(builder);
    if (shown.error) return shown;
    const isNative = hasCapability((await this.#descriptor(builder.driver))!, capabilityIds.nativeBuild);
    await Promise.all(
      shown.nodes.map(async (node, index) => {
        // The shown configuration lacks secrets.
        const config = builder.nodes[index]?.config;
        if (!config) return;
        try {
          node.status = await this.#nodes.inspect(builder.driver, config, signal);
          if (node.platforms.length === 0) node.platforms = node.status.platforms;
          if (node.status.state === NodeState.RUNNING && !isNative)
            await this.#askBuildkit(builder.driver, node, config, signal);
        } catch (cause) {
          markFailed(node, cause, signal);
        }
      }),
    );
    return shown;
  }

  async #descriptor(name: string): Promise<DriverDescriptor | undefined> {
    const drivers = await this.#plugins.describe();
    return drivers.find(({ descriptor }) => descriptor.name === name)?.descriptor;
  }

  async #askBuildkit(driver: string, node: Node, config: NodeConfig, signal: AbortSignal): Promise<void> {
    const ready = await this.#nodes.openIfRunning(driver, config, { signal, anyConfiguration: true });
    if (!ready) return;
    try {
      node.workers = ready.workers.map(describeWorker);
      node.buildkitVersion = await buildkitVersion(ready, signal);
      if (node.platforms.length === 0)
        node.platforms = [...new Set(node.workers.flatMap(({ platforms }) => platforms))];
    } finally {
      await ready.close();
    }
  }
}

function markFailed(node: Node, cause: unknown, signal: AbortSignal): void {
  const timedOut = signal.aborted && signal.reason?.name === "TimeoutError";
  const { message, reason, remedy } = readTypedError(cause);
  node.error = timedOut ? "The node did not answer in time." : message;
  node.status ??= create(NodeStatusSchema, {
    state: NodeState.UNREACHABLE,
    reason: node.error,
    reasonCode: timedOut ? "TIMEOUT" : reason,
    remedy,
  });
}

function missingDriver(name: string, known: { descriptor: DriverDescriptor }[]): string {
  const names = known.map(({ descriptor }) => descriptor.name).join(", ");
  return `Failed to find driver ${JSON.stringify(name)}. Available drivers: ${names || "none"}. Run \`slipway plugins\` for details.`;
}
