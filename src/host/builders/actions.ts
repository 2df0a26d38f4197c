import { create } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { readTypedError, typedError } from "../../errors.js";
import { type Diagnostic, DiagnosticSchema, Severity } from "../../gen/slipway/driver/v1/diagnostic_pb.js";
import type { Progress } from "../../gen/slipway/driver/v1/driver_pb.js";
import type { Builder } from "../../gen/slipway/v1/builder_pb.js";
import type { DriverLease, PluginManager } from "../plugins/plugin-manager.js";
import { hasCapability } from "./capability.js";
import { configsOf } from "./node-configs.js";
import type { Nodes } from "./nodes.js";
import type { BuilderRegistry } from "./registry.js";

/** How a builder's nodes are removed. */
export interface RemoveOptions {
  keepState: boolean;
  keepDaemon: boolean;
  /** Forget the builder even if a node cannot be removed. */
  force: boolean;
}

/** What changes the nodes of a builder. */
export class BuilderActions {
  readonly #plugins: PluginManager;
  readonly #registry: BuilderRegistry;
  readonly #nodes: Nodes;

  constructor(plugins: PluginManager, registry: BuilderRegistry, nodes: Nodes) {
    this.#plugins = plugins;
    this.#registry = registry;
    this.#nodes = nodes;
  }

  /** Boots all nodes at the same time; yields their progress and ends, or throws, when all are done. */
  async *bootstrap(
    builder: Builder,
    signal: AbortSignal,
  ): AsyncGenerator<{ node: string; progress: Progress }> {
    const queue: { node: string; progress: Progress }[] = [];
    let wake = () => {};
    let running = true;
    const boots = configsOf(builder).map(async (config) => {
      const onProgress = (progress: Progress) => {
        queue.push({ node: config.node, progress });
        wake();
      };
      const node = await this.#nodes.open(builder.driver, config, { signal, onProgress });
      await node.close();
    });
    const all = Promise.all(boots).finally(() => {
      running = false;
      wake();
    });
    all.catch(() => {}); // Awaited below, after what was said before it.
    while (running || queue.length > 0) {
      const next = queue.shift();
      if (next) yield next;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
    await all;
  }

  /** Stops all nodes at the same time. */
  async stop(builder: Builder): Promise<void> {
    await this.#withDriver(builder, async (lease) => {
      if (!hasCapability(lease.descriptor, "builders.stop")) {
        throw typedError({
          code: Code.FailedPrecondition,
          reason: "UNSUPPORTED",
          message: `builders of the ${builder.driver} driver cannot be stopped`,
        });
      }
      await Promise.all(
        configsOf(builder).map((config) => lease.driver.stop({ driver: builder.driver, config })),
      );
    });
  }

  /** Takes a node out of a builder and removes what it created. */
  async leave(name: string, node: string): Promise<Builder> {
    const builder = this.#registry.stored(name);
    const config = configsOf(builder).find((candidate) => candidate.node === node);
    if (!config) {
      const message = `builder ${name} has no node ${JSON.stringify(node)}`;
      throw typedError({
        code: Code.NotFound,
        reason: "NODE_UNKNOWN",
        message,
        fields: [{ field: "node", message }],
      });
    }
    await this.#withDriver(builder, (lease) => lease.driver.remove({ driver: builder.driver, config }));
    builder.nodes = builder.nodes.filter((candidate) => candidate.config?.node !== node);
    await this.#registry.update(builder);
    return builder;
  }

  /** Removes a builder. When a node cannot be removed it stays, unless that is forced. */
  async remove(
    builder: Builder,
    options: RemoveOptions,
  ): Promise<{ removed: string[]; diagnostics: Diagnostic[] }> {
    const { keepState, keepDaemon, force } = options;
    const removed: string[] = [];
    const diagnostics: Diagnostic[] = [];
    try {
      await this.#withDriver(builder, async (lease) => {
        for (const config of configsOf(builder)) {
          const request = { driver: builder.driver, config, force, keepState, keepDaemon };
          removed.push(...(await lease.driver.remove(request)).removed);
        }
      });
    } catch (cause) {
      if (!force) throw cause;
      const { reason, message, remedy } = readTypedError(cause);
      diagnostics.push(create(DiagnosticSchema, { severity: Severity.WARNING, reason, message, remedy }));
    }
    await this.#registry.remove(builder.name);
    return { removed, diagnostics };
  }

  async #withDriver<T>(builder: Builder, use: (lease: DriverLease) => Promise<T>): Promise<T> {
    const lease = await this.#plugins.use(builder.driver);
    try {
      return await use(lease);
    } finally {
      lease.release();
    }
  }
}
