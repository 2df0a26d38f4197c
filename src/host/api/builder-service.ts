import type { ServiceImpl } from "@connectrpc/connect";
import type { BuilderService } from "../../gen/slipway/v1/builder_pb.js";
import type { BuilderActions } from "../builders/actions.js";
import { diskUsage, prune } from "../builders/cache-records.js";
import type { BuilderInspector } from "../builders/inspector.js";
import type { Nodes } from "../builders/nodes.js";
import type { BuilderRegistry } from "../builders/registry.js";

/** So long a node's state is waited for in lists, in milliseconds; buildx's default. */
const listTimeoutMs = 20_000;

/** What the builder service acts on. */
export interface BuilderServiceOptions {
  registry: BuilderRegistry;
  inspector: BuilderInspector;
  actions: BuilderActions;
  nodes: Nodes;
}

/** slipway.v1.BuilderService. */
export function builderService(options: BuilderServiceOptions): ServiceImpl<typeof BuilderService> {
  const { registry, inspector, actions, nodes } = options;
  return {
    async createBuilder(request) {
      const { builder, diagnostics } = await registry.create(request);
      return { builder: await inspector.show(builder), diagnostics };
    },
    async appendNode(request) {
      const { builder, diagnostics } = await registry.append(request);
      return { builder: await inspector.show(builder), diagnostics };
    },
    async leaveNode({ builder, node }) {
      return { builder: await inspector.show(await actions.leave(builder, node)) };
    },
    async getBuilder({ name, environment, inspect }, { signal }) {
      const builder = await registry.resolve(name, environment);
      return { builder: inspect ? await inspector.inspect(builder, signal) : await inspector.show(builder) };
    },
    async listBuilders({ environment, inspect, timeout }, context) {
      const { builders, diagnostics } = await registry.list(environment);
      const limit = AbortSignal.timeout(
        timeout ? Number(timeout.seconds) * 1000 + timeout.nanos / 1e6 : listTimeoutMs,
      );
      const signal = AbortSignal.any([context.signal, limit]);
      const shown = builders.map((builder) =>
        inspect ? inspector.inspect(builder, signal) : inspector.show(builder),
      );
      return { builders: await Promise.all(shown), diagnostics };
    },
    async *bootstrapBuilder({ name, environment }, { signal }) {
      const builder = await registry.resolve(name, environment);
      yield* actions.bootstrap(builder, signal);
      yield { builder: await inspector.inspect(builder, signal) };
    },
    async stopBuilder({ name, environment }, { signal }) {
      const builder = await registry.resolve(name, environment);
      await actions.stop(builder);
      return { builder: await inspector.inspect(builder, signal) };
    },
    async removeBuilder({ name, ...how }) {
      return actions.remove(registry.stored(name), how);
    },
    async setDefaultBuilder({ name, environment }) {
      return { builder: await inspector.show(await registry.setDefault(name, environment)) };
    },
    async getDiskUsage({ builder, environment, filters }, { signal }) {
      return {
        records: await diskUsage(nodes, await registry.resolve(builder, environment), filters, signal),
      };
    },
    async *pruneBuilder(request, { signal }) {
      const builder = await registry.resolve(request.builder, request.environment);
      for await (const record of prune(nodes, builder, request, signal)) yield { record };
    },
  };
}
