import { create } from "@bufbuild/protobuf";
import { timestampNow } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";
import type { Reason } from "../../errors/reasons.js";
import { invalidField, readTypedError, typedError } from "../../errors/typed-error.js";
import { type Diagnostic, DiagnosticSchema, Severity } from "../../gen/slipway/driver/v1/diagnostic_pb.js";
import type { NodeConfig } from "../../gen/slipway/driver/v1/node_pb.js";
import {
  type AppendNodeRequest,
  type BuilderInstance,
  BuilderInstanceSchema,
  type CreateBuilderRequest,
  type LeaveNodeRequest,
  NodeSchema,
} from "../../gen/slipway/v1/builder_pb.js";
import { KeyedMutex } from "../../util/keyed-mutex.js";
import { withTimeout } from "../../util/with-timeout.js";
import { configsOf } from "../nodes/node-configs.js";
import { configureNode } from "../nodes/node-spec.js";
import type { Nodes } from "../nodes/nodes.js";
import type { PluginManager } from "../plugins/plugin-manager.js";
import { nameTaken, nodeTaken, unknownNode } from "./builder-errors.js";
import { changedSpec, nextNodeName, withNode, withoutNode } from "./change-nodes.js";
import { chooseDriver } from "./choose-driver.js";
import { builderName, nodeName } from "./names.js";
import type { NodeRemover, RemoveOptions } from "./node-remover.js";
import type { BuilderRegistry } from "./registry.js";

/** So long a change waits for the driver to say what of it is not in effect yet, in milliseconds. */
const inspectMs = 5_000;

/** What the editor works with. */
export interface EditorOptions {
  plugins: PluginManager;
  registry: BuilderRegistry;
  nodes: Nodes;
  remover: NodeRemover;
}

/** A change that was made and stored. */
export interface Edit {
  builder: BuilderInstance;
  diagnostics: Diagnostic[];
  /** Configuration of the node that is new or changed. */
  config: NodeConfig;
  /** The builder as it was before; undefined when it is new. */
  before?: BuilderInstance;
}

/**
 * Changes builders. Changes of one builder are made one after another, so that none is lost; each is checked before
 * anything is stored.
 */
export class BuilderEditor {
  readonly #options: EditorOptions;
  readonly #mutex = new KeyedMutex();
  /** What is stored must not clash with other builders, so storing has a turn of its own. */
  readonly #stores = new KeyedMutex();

  constructor(options: EditorOptions) {
    this.#options = options;
  }

  /**
   * Waits until no other change of that builder is under way, and keeps others out until it is called. ABORTED, reason
   * BUILDER_BUSY, when that takes longer than the time given, in milliseconds.
   */
  async enter(builder: string, signal: AbortSignal, timeoutMs?: number): Promise<() => void> {
    if (timeoutMs === undefined) return this.#mutex.acquire(builder, signal);
    return withTimeout(timeoutMs, signal, async (limit) => {
      try {
        return await this.#mutex.acquire(builder, limit);
      } catch (cause) {
        signal.throwIfAborted();
        if (!limit.aborted) throw cause;
        throw typedError({
          code: Code.Aborted,
          reason: "BUILDER_BUSY",
          message: `another change of builder ${builder}, or a boot that is part of one, is under way`,
          remedy: "wait for it to end, or end it, and try again",
        });
      }
    });
  }

  /** Name that a new builder gets. */
  newName(request: CreateBuilderRequest): string {
    return builderName(request.name);
  }

  /** Validates and stores a new builder, or changes nothing. Needs the builder's turn. */
  async create(name: string, request: CreateBuilderRequest): Promise<Edit> {
    const { plugins, registry } = this.#options;
    const { environment } = request;
    const node = request.node?.name
      ? nodeName(request.node.name)
      : nextNodeName(name, (candidate) => Boolean(registry.ownerOf(candidate)));
    const driver = await chooseDriver(plugins, request);
    const names = { builder: name, node };
    const { config, diagnostics } = await configureNode(plugins, driver, names, request.node, environment);
    const nodes = [create(NodeSchema, { config })];
    const builder = create(BuilderInstanceSchema, { name, driver, nodes, createTime: timestampNow() });
    const why = await registry.taken(name, environment);
    if (why) throw nameTaken(name, why);
    await this.#store(builder, node, !request.validateOnly);
    return { builder, diagnostics, config };
  }

  /** Adds a node to a stored builder, or changes the one of that name. Needs the builder's turn. */
  async append(before: BuilderInstance, request: AppendNodeRequest): Promise<Edit> {
    const { plugins, registry } = this.#options;
    const { driver, environment, mustExist } = request;
    if (driver && driver !== before.driver) {
      const message = `builder ${before.name} has the driver ${before.driver}, so its nodes can't have ${driver}`;
      throw invalidField("driver", "DRIVER_CHANGED", message, "create another builder for it");
    }
    const name = request.node?.name
      ? nodeName(request.node.name)
      : nextNodeName(before.name, (candidate) => Boolean(registry.ownerOf(candidate)));
    const existing = configsOf(before).find(({ node }) => node === name);
    if (!existing && mustExist) throw unknownNode(before, name);
    const spec = existing ? changedSpec(existing, request.node) : request.node;
    const names = { builder: before.name, node: name };
    const { config, diagnostics } = await configureNode(plugins, before.driver, names, spec, environment);
    const builder = withNode(before, config);
    await this.#store(builder, name, true);
    if (existing) diagnostics.push(...(await this.#notInEffect(before.driver, existing, config)));
    return { builder, diagnostics, config, before };
  }

  /** Takes a node out of a stored builder and removes what it created. Needs the builder's turn. */
  async leave(
    before: BuilderInstance,
    { node, force }: LeaveNodeRequest,
    signal: AbortSignal,
  ): Promise<{ builder: BuilderInstance; diagnostics: Diagnostic[] }> {
    const config = configsOf(before).find((candidate) => candidate.node === node);
    if (!config) throw unknownNode(before, node);
    if (before.nodes.length === 1) {
      throw typedError({
        code: Code.FailedPrecondition,
        reason: "NODE_LAST",
        message: `${node} is the last node of builder ${before.name}`,
        remedy: `remove the builder instead: slipway rm ${before.name}`,
        fields: [{ field: "node", message: "last node" }],
      });
    }
    const how = { force, keepState: false, keepDaemon: false };
    const { diagnostics } = await this.#options.remover.remove(before, [config], how, signal);
    const builder = withoutNode(before, node);
    await this.#options.registry.put(builder);
    return { builder, diagnostics };
  }

  /** Removes a stored builder. When a node cannot be removed it stays, unless that is forced. Needs its turn. */
  async remove(builder: BuilderInstance, options: RemoveOptions, signal: AbortSignal) {
    const result = await this.#options.remover.remove(builder, configsOf(builder), options, signal);
    await this.#options.registry.remove(builder.name);
    return result;
  }

  /** Brings what is stored back to what was before an edit. */
  async restore({ builder, before }: Edit): Promise<void> {
    if (before) await this.#options.registry.put(before);
    else await this.#options.registry.remove(builder.name);
  }

  #store(builder: BuilderInstance, node: string, isReal: boolean): Promise<void> {
    const { registry } = this.#options;
    return this.#stores.runExclusive("", new AbortController().signal, async () => {
      const owner = registry.ownerOf(node);
      if (owner && owner !== builder.name) throw nodeTaken(node, owner);
      if (isReal) await registry.put(builder);
    });
  }

  /** Warns of what a node that exists does not have yet, and of what stays behind where it was. */
  async #notInEffect(driver: string, was: NodeConfig, config: NodeConfig): Promise<Diagnostic[]> {
    const { nodes, remover } = this.#options;
    const signal = new AbortController().signal;
    if (was.endpoint !== config.endpoint) {
      const how = { force: true, keepState: false, keepDaemon: false };
      return withTimeout(inspectMs, signal, (limit) => remover.removeNode(driver, was, how, limit)).then(
        () => [],
        (cause) => [
          warning(
            "NODE_LEFT_BEHIND",
            `what node ${was.node} created at ${was.endpoint} could not be removed: ${readTypedError(cause).message}`,
            "remove it there",
          ),
        ],
      );
    }
    try {
      const { changedFields } = await withTimeout(inspectMs, signal, (limit) =>
        nodes.inspect(driver, config, limit),
      );
      if (changedFields.length === 0) return [];
      return [
        warning(
          "CONFIG_CHANGED",
          `node ${config.node} exists with former settings: ${changedFields.join(", ")}`,
          "the next build, or `slipway inspect --bootstrap`, applies the new ones",
        ),
      ];
    } catch {
      // Whether the settings are in effect is asked again before the next build.
      return [];
    }
  }
}

function warning(reason: Reason, message: string, remedy: string): Diagnostic {
  return create(DiagnosticSchema, { severity: Severity.WARNING, reason, message, remedy });
}
