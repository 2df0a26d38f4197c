import { create, toBinary } from "@bufbuild/protobuf";
import type { Duration } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";
import { typedError } from "../../errors/typed-error.js";
import { NodeState } from "../../gen/slipway/common/v1/node_state_pb.js";
import type { DriverDescriptor } from "../../gen/slipway/driver/v1/descriptor_pb.js";
import { type NodeConfig, NodeConfigSchema } from "../../gen/slipway/driver/v1/node_pb.js";
import type { BuilderRecord } from "../../gen/slipway/state/v1/builder_record_pb.js";
import {
  type BuilderInstance,
  BuilderInstanceSchema,
  type Node,
  NodeConditionSchema,
} from "../../gen/slipway/v1/builder_pb.js";
import { capabilityIds, hasCapability } from "../../plugin-protocol/capabilities.js";
import { SharedWork } from "../../util/shared-work.js";
import { untilAborted } from "../../util/until-aborted.js";
import { withTimeout } from "../../util/with-timeout.js";
import type { Nodes } from "../nodes/nodes.js";
import type { PluginManager } from "../plugins/plugin-manager.js";
import { buildkitVersion } from "./buildkit-version.js";
import { conditionOf, describeNode, type ShowOptions } from "./describe-node.js";
import { describeWorker } from "./describe-worker.js";
import { timeoutOf } from "./duration.js";
import { faultOf } from "./fault.js";
import type { BuilderRegistry } from "./registry.js";

/** How long to wait for the state of nodes by default, in milliseconds; as in buildx. */
const defaultTimeoutMs = 20_000;

/** The longest wait for it, in milliseconds. A node that does not answer keeps a connection of its driver busy. */
const maxTimeoutMs = 60_000;

/** Runs work under a name, shared with concurrent requests for the same. */
type Together = <T>(what: string, work: (signal: AbortSignal) => Promise<T>) => Promise<T>;

/** What clients ask about builders. */
export interface InspectOptions {
  /** Ask the nodes for their state. */
  inspect: boolean;
  /** How long to wait for the nodes; at most 60 s. */
  timeout?: Duration;
}

/** What the inspector uses. */
export interface InspectorOptions {
  plugins: PluginManager;
  nodes: Nodes;
  registry: BuilderRegistry;
}

/** Describes builders to clients: without secrets, and on request with the state of their nodes. */
export class BuilderInspector {
  readonly #plugins: PluginManager;
  readonly #nodes: Nodes;
  readonly #registry: BuilderRegistry;
  readonly #shared = new SharedWork();

  constructor({ plugins, nodes, registry }: InspectorOptions) {
    this.#plugins = plugins;
    this.#nodes = nodes;
    this.#registry = registry;
  }

  /** The builders, with the state of their nodes if asked for. Simultaneous callers share the questions to one node. */
  async describe(
    builders: readonly BuilderRecord[],
    request: InspectOptions,
    signal: AbortSignal,
    how: ShowOptions = { isListed: false },
  ): Promise<BuilderInstance[]> {
    if (!request.inspect) return Promise.all(builders.map((builder) => this.show(builder, how)));
    return withTimeout(timeoutOf(request, maxTimeoutMs, defaultTimeoutMs), signal, (limit) =>
      Promise.all(
        builders.map((builder) =>
          this.#inspect(builder, limit, how, (what, work) => this.#shared.run(what, limit, work)),
        ),
      ),
    );
  }

  /** The builder as it is stored. */
  async show(builder: BuilderRecord, how: ShowOptions = { isListed: false }): Promise<BuilderInstance> {
    const descriptor = await this.#descriptor(builder.driver);
    const { $typeName: _record, nodes, forms, ...facts } = builder;
    const shown = create(BuilderInstanceSchema, {
      ...facts,
      nodes: nodes.map((config) => describeNode(config, descriptor, how, forms[config.node])),
    });
    if (!descriptor) shown.error = faultOf(missingDriver(builder.driver, await this.#plugins.describe()));
    return shown;
  }

  /**
   * The builder with the state of its nodes, which are asked concurrently, and after this call. A node that does not
   * answer has an error.
   */
  inspect(builder: BuilderRecord, signal: AbortSignal): Promise<BuilderInstance> {
    return this.#inspect(builder, signal, undefined, (_what, work) => work(signal));
  }

  async #inspect(
    stored: BuilderRecord,
    signal: AbortSignal,
    how: ShowOptions | undefined,
    together: Together,
  ): Promise<BuilderInstance> {
    const { builder, fault } = await this.#upgrade(stored, signal);
    const shown = await this.show(builder, how);
    if (shown.error) return shown;
    if (fault) {
      for (const node of shown.nodes) markFailed(node, fault, signal);
      return shown;
    }
    const isNative = hasCapability((await this.#descriptor(builder.driver))!, capabilityIds.nativeBuild);
    await Promise.all(
      shown.nodes.map(async (node, index) => {
        // The shown configuration lacks secrets.
        const config = builder.nodes[index]!;
        const { driver } = builder;
        const key = `${driver} ${Buffer.from(toBinary(NodeConfigSchema, config)).toString("base64")}`;
        try {
          const status = await together(`status ${key}`, (limit) =>
            this.#nodes.inspect(driver, config, limit),
          );
          node.status = conditionOf(status);
          if (node.platforms.length === 0) node.platforms = status.platforms;
          if (status.state !== NodeState.RUNNING || isNative) return;
          const answer = await together(`workers ${key}`, (limit) =>
            this.#askBuildkit(driver, config, limit),
          );
          Object.assign(node, answer);
          if (node.platforms.length === 0)
            node.platforms = [...new Set(node.workers.flatMap(({ platforms }) => platforms))];
        } catch (cause) {
          markFailed(node, cause, signal);
        }
      }),
    );
    return shown;
  }

  /** The builder in the form that its driver understands; as it is stored when that fails. */
  async #upgrade(
    stored: BuilderRecord,
    signal: AbortSignal,
  ): Promise<{ builder: BuilderRecord; fault?: unknown }> {
    // A locked builder lacks what an upgrade needs.
    if (stored.error) return { builder: stored };
    try {
      const { builder } = await untilAborted(this.#registry.upgrade(stored), signal);
      return { builder };
    } catch (fault) {
      return { builder: stored, fault };
    }
  }

  async #descriptor(name: string): Promise<DriverDescriptor | undefined> {
    const drivers = await this.#plugins.describe();
    return drivers.find(({ descriptor }) => descriptor.name === name)?.descriptor;
  }

  async #askBuildkit(
    driver: string,
    config: NodeConfig,
    signal: AbortSignal,
  ): Promise<Partial<Pick<Node, "workers" | "buildkitVersion">>> {
    const ready = await this.#nodes.openIfRunning(driver, config, { signal, anyConfiguration: true });
    if (!ready) return {};
    try {
      return {
        workers: ready.workers.map(describeWorker),
        buildkitVersion: await buildkitVersion(ready, signal),
      };
    } finally {
      await ready.close();
    }
  }
}

function markFailed(node: Node, cause: unknown, signal: AbortSignal): void {
  const timedOut = signal.aborted && signal.reason?.name === "TimeoutError";
  node.error = faultOf(timedOut ? notInTime() : cause);
  const { reason, message, remedy } = node.error;
  node.status ??= create(NodeConditionSchema, { state: NodeState.UNREACHABLE, reason, message, remedy });
}

function notInTime() {
  return typedError({
    code: Code.DeadlineExceeded,
    reason: "NODE_TIMEOUT",
    message: "The node did not answer in time.",
    remedy: "Use a longer timeout.",
  });
}

function missingDriver(name: string, known: { descriptor: DriverDescriptor }[]) {
  const names = known.map(({ descriptor }) => descriptor.name).join(", ");
  return typedError({
    code: Code.NotFound,
    reason: "DRIVER_UNKNOWN",
    message: `Failed to find driver ${JSON.stringify(name)}. Available drivers: ${names || "none"}.`,
    remedy: "Call ListPlugins to see why a plugin cannot be used.",
  });
}
