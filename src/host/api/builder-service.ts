import type { Duration } from "@bufbuild/protobuf/wkt";
import { durationMs } from "@bufbuild/protobuf/wkt";
import type { ServiceImpl } from "@connectrpc/connect";
import { invalidField } from "../../errors/typed-error.js";
import type { BuilderService } from "../../gen/slipway/v1/builder_pb.js";
import { withTimeout } from "../../util/with-timeout.js";
import type { Log } from "../base/log.js";
import { userOf } from "../base/user.js";
import { bootChange } from "../builders/boot-change.js";
import { diskUsage, prune } from "../builders/cache-records.js";
import { dialBuilder } from "../builders/dial-builder.js";
import { BuilderEditor } from "../builders/editor.js";
import type { BuilderInspector } from "../builders/inspector.js";
import { NodeRemover } from "../builders/node-remover.js";
import type { BuilderRegistry } from "../builders/registry.js";
import { stopBuilder } from "../builders/stop.js";
import { bootNodes } from "../nodes/boot-nodes.js";
import { userCredentials } from "../nodes/image-credentials.js";
import { configsOf } from "../nodes/node-configs.js";
import type { Nodes } from "../nodes/nodes.js";
import type { PluginManager } from "../plugins/plugin-manager.js";

/** So long a node's state is waited for, in milliseconds; buildx's default. */
const inspectTimeoutMs = 20_000;

/** What the builder service acts on. */
export interface BuilderServiceOptions {
  plugins: PluginManager;
  registry: BuilderRegistry;
  inspector: BuilderInspector;
  nodes: Nodes;
  log: Log;
}

/** slipway.v1.BuilderService. */
export function builderService(options: BuilderServiceOptions): ServiceImpl<typeof BuilderService> {
  const { plugins, registry, inspector, nodes } = options;
  const remover = new NodeRemover(plugins);
  const editor = new BuilderEditor({ plugins, registry, nodes, remover });
  const inTurn = async <T>(
    builder: string,
    signal: AbortSignal,
    work: () => Promise<T>,
    timeoutMs?: number,
  ): Promise<T> => {
    const leave = await editor.enter(builder, signal, timeoutMs);
    try {
      return await work();
    } finally {
      leave();
    }
  };
  return {
    async createBuilder(request, { signal }) {
      const name = editor.newName(request);
      const { builder, diagnostics } = await inTurn(name, signal, () => editor.create(name, request));
      return { builder: await inspector.show(builder), diagnostics };
    },
    async appendNode(request, context) {
      const user = userOf(request.environment, context);
      const { name } = await registry.changeable(request.builder, user);
      const { builder, diagnostics } = await inTurn(name, context.signal, async () =>
        editor.append(await registry.changeable(name, user), request),
      );
      return { builder: await inspector.show(builder), diagnostics };
    },
    async leaveNode(request, context) {
      const user = userOf(request.environment, context);
      const { name } = await registry.changeable(request.builder, user);
      const { builder, diagnostics } = await inTurn(name, context.signal, async () =>
        editor.leave(await registry.changeable(name, user), request, context.signal),
      );
      return { builder: await inspector.show(builder), diagnostics };
    },
    async getBuilder({ name, environment, inspect, timeout }, context) {
      const builder = await registry.resolve(name, userOf(environment, context));
      if (!inspect) return { builder: await inspector.show(builder) };
      const shown = await withTimeout(millisecondsOf(timeout) ?? inspectTimeoutMs, context.signal, (signal) =>
        inspector.inspect(builder, signal),
      );
      return { builder: shown };
    },
    async listBuilders({ environment, inspect, timeout }, context) {
      const { builders, diagnostics } = await registry.list(userOf(environment, context));
      const shown = await withTimeout(millisecondsOf(timeout) ?? inspectTimeoutMs, context.signal, (signal) =>
        Promise.all(
          builders.map((builder) => (inspect ? inspector.inspect(builder, signal) : inspector.show(builder))),
        ),
      );
      return { builders: shown, diagnostics };
    },
    async *bootstrapBuilder({ name, environment, change }, context) {
      const { signal } = context;
      if (change.case) {
        if (change.case === "create" && change.value.validateOnly) {
          const message = "a builder that is only checked cannot be booted";
          throw invalidField("create.validate_only", "VALIDATE_ONLY", message, "call CreateBuilder instead");
        }
        const user = userOf(change.value.environment, context);
        const { builder, diagnostics } = yield* bootChange(
          { ...options, editor, remover },
          change,
          user,
          signal,
        );
        yield { builder: await inspector.inspect(builder, signal), diagnostics };
        return;
      }
      const user = userOf(environment, context);
      const builder = await registry.resolve(name, user);
      const credentials = userCredentials(user);
      yield* bootNodes(nodes, builder.driver, configsOf(builder), { signal, credentials });
      yield { builder: await inspector.inspect(builder, signal) };
    },
    async stopBuilder({ name, environment }, context) {
      const builder = await registry.resolve(name, userOf(environment, context));
      await stopBuilder(plugins, builder, context.signal);
      return { builder: await inspector.inspect(builder, context.signal) };
    },
    async removeBuilder({ name, environment, timeout, keepState, keepDaemon, force }, context) {
      const user = userOf(environment, context);
      const { name: found } = await registry.changeable(name, user);
      const how = { keepState, keepDaemon, force, timeoutMs: millisecondsOf(timeout) };
      return inTurn(
        found,
        context.signal,
        async () => editor.remove(await registry.changeable(found, user), how, context.signal),
        how.timeoutMs,
      );
    },
    async setDefaultBuilder({ name, environment, global }, context) {
      const user = userOf(environment, context);
      return { builder: await inspector.show(await registry.setDefault(name, user, global)) };
    },
    async getDiskUsage({ builder: name, environment, filters, timeout }, context) {
      const builder = await registry.resolve(name, userOf(environment, context));
      const call = { signal: context.signal, timeoutMs: millisecondsOf(timeout) };
      return diskUsage(nodes, builder, filters, call);
    },
    async *pruneBuilder(request, context) {
      const builder = await registry.resolve(request.builder, userOf(request.environment, context));
      const call = { signal: context.signal, timeoutMs: millisecondsOf(request.timeout) };
      yield* prune(nodes, builder, request, call);
    },
    async *dialBuilder(requests, context) {
      const iterator = requests[Symbol.asyncIterator]();
      const first = await iterator.next();
      const target = first.done ? undefined : first.value.target;
      if (!target) {
        const message = "the first request says nothing of what to dial";
        throw invalidField("target", "TARGET_MISSING", message, "set target in the first request");
      }
      const user = userOf(target.environment, context);
      const builder = await registry.resolve(target.builder, user);
      await registry.touch(builder.name);
      const credentials = userCredentials(user);
      const options = { nodes, builder, platform: target.platform, credentials };
      yield* dialBuilder(options, iterator, context.signal);
    },
  };
}

function millisecondsOf(duration: Duration | undefined): number | undefined {
  return duration && durationMs(duration);
}
