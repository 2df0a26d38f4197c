import { clone, create } from "@bufbuild/protobuf";
import { readTypedError } from "../../errors/typed-error.js";
import type { WorkerRecord } from "../../gen/moby/buildkit/v1/types/worker_pb.js";
import type { DriverDescriptor } from "../../gen/slipway/driver/v1/descriptor_pb.js";
import { NodeState, NodeStatusSchema } from "../../gen/slipway/driver/v1/node_pb.js";
import {
  type BuilderInstance,
  BuilderInstanceSchema,
  type Node,
  WorkerSchema,
} from "../../gen/slipway/v1/builder_pb.js";
import { capabilityIds, hasCapability } from "../../plugin-protocol/capabilities.js";
import { publicConfig } from "../nodes/node-spec.js";
import type { Nodes } from "../nodes/nodes.js";
import { platformName } from "../nodes/platform-name.js";
import type { PluginManager } from "../plugins/plugin-manager.js";
import { buildkitVersion } from "./cache-records.js";
import { durationOf } from "./duration.js";

/** Tells clients about builders: without secrets, and with the state of their nodes when it is asked for. */
export class BuilderInspector {
  readonly #plugins: PluginManager;
  readonly #nodes: Nodes;

  constructor(plugins: PluginManager, nodes: Nodes) {
    this.#plugins = plugins;
    this.#nodes = nodes;
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

  /** The builder with the state of its nodes, all asked at the same time. What cannot be had says why. */
  async inspect(builder: BuilderInstance, signal?: AbortSignal): Promise<BuilderInstance> {
    const shown = await this.show(builder);
    if (shown.error) return shown;
    const isNative = hasCapability((await this.#descriptor(builder.driver))!, capabilityIds.nativeBuild);
    await Promise.all(
      shown.nodes.map(async (node, index) => {
        const config = builder.nodes[index]?.config;
        if (!config) return;
        try {
          node.status = await this.#nodes.inspect(builder.driver, config, signal);
          if (node.platforms.length === 0) node.platforms = node.status.platforms;
          if (node.status.state === NodeState.RUNNING && !isNative)
            await this.#ask(builder.driver, node, builder.nodes[index]!, signal);
        } catch (cause) {
          const timedOut = signal?.aborted && signal.reason?.name === "TimeoutError";
          const { message, reason, remedy } = readTypedError(cause);
          node.error = timedOut ? "the node did not answer in time" : message;
          node.status ??= create(NodeStatusSchema, {
            state: NodeState.UNREACHABLE,
            reason: node.error,
            reasonCode: timedOut ? "TIMEOUT" : reason,
            remedy,
          });
        }
      }),
    );
    return shown;
  }

  async #descriptor(name: string): Promise<DriverDescriptor | undefined> {
    const drivers = await this.#plugins.describe();
    return drivers.find(({ descriptor }) => descriptor.name === name)?.descriptor;
  }

  async #ask(driver: string, node: Node, { config }: Node, signal?: AbortSignal): Promise<void> {
    const ready = await this.#nodes.openIfRunning(driver, config!, { signal, anyConfiguration: true });
    if (!ready) return;
    try {
      node.workers = ready.workers.map(describeWorker);
      const [worker] = ready.workers;
      node.buildkitVersion =
        worker?.buildkitVersion?.version || (await buildkitVersion(ready.client, signal));
      if (node.platforms.length === 0)
        node.platforms = [...new Set(node.workers.flatMap(({ platforms }) => platforms))];
    } finally {
      await ready.close();
    }
  }
}

function describeWorker(worker: WorkerRecord) {
  return create(WorkerSchema, {
    id: worker.id,
    labels: worker.labels,
    platforms: worker.platforms.map(platformName),
    gcPolicies: worker.gcPolicy.map((policy) => ({
      all: policy.all,
      filters: policy.filters,
      keepDuration: durationOf(policy.keepDuration),
      reservedSpaceBytes: policy.reservedSpace,
      maxUsedSpaceBytes: policy.maxUsedSpace,
      minFreeSpaceBytes: policy.minFreeSpace,
    })),
    devices: worker.cdiDevices.map(({ name, autoAllow, onDemand, annotations }) => ({
      name,
      autoAllow,
      onDemand,
      annotations,
    })),
  });
}

function missingDriver(name: string, known: { descriptor: DriverDescriptor }[]): string {
  const names = known.map(({ descriptor }) => descriptor.name).join(", ");
  return `failed to find driver ${JSON.stringify(name)}; there are: ${names || "none"}. See \`slipway plugins\``;
}
