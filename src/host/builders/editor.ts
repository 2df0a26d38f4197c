import { create } from "@bufbuild/protobuf";
import { timestampNow } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";
import { invalidField, typedError } from "../../errors/typed-error.js";
import type { Diagnostic } from "../../gen/slipway/driver/v1/diagnostic_pb.js";
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
import type { User } from "../access/user.js";
import { configureNode } from "../nodes/configure-node.js";
import { configsOf } from "../nodes/node-configs.js";
import type { Nodes } from "../nodes/nodes.js";
import type { PluginManager } from "../plugins/plugin-manager.js";
import { checkPrincipals } from "./allowed-principals.js";
import { nameTaken, nodeTaken, unknownNode } from "./builder-errors.js";
import { changedSpec, nextNodeName, withNode, withoutNode } from "./change-nodes.js";
import { chooseDriver } from "./choose-driver.js";
import { nodeName } from "./names.js";
import type { NodeRemover, RemoveOptions } from "./node-remover.js";
import { settlePendingSettings } from "./pending-settings.js";
import type { BuilderRegistry } from "./registry.js";

/** What the editor uses. */
export interface EditorOptions {
  plugins: PluginManager;
  registry: BuilderRegistry;
  nodes: Nodes;
  remover: NodeRemover;
}

/** A builder after a change, and what the user should know about the change. */
export interface ChangedBuilder {
  builder: BuilderInstance;
  diagnostics: Diagnostic[];
}

/** A change that was made and stored. */
export interface Edit extends ChangedBuilder {
  /** Configuration of the new or changed node. */
  config: NodeConfig;
  /** The builder before the change; undefined for a new builder. */
  before?: BuilderInstance;
}

/**
 * Changes builders. Each change is checked before anything is stored. The caller holds the builder's lock during a
 * change.
 */
export class BuilderEditor {
  readonly #options: EditorOptions;
  /** The check that node names are unique and the write that follows it are one step. */
  readonly #storeMutex = new KeyedMutex();

  constructor(options: EditorOptions) {
    this.#options = options;
  }

  /** Validates and stores a new builder, or changes nothing. */
  async create(name: string, request: CreateBuilderRequest, user: User): Promise<Edit> {
    const { plugins, registry } = this.#options;
    const node = this.#nodeName(name, request.node?.name);
    const driver = await chooseDriver(plugins, request);
    const names = { builder: name, node };
    const { config, diagnostics } = await configureNode(plugins, driver, names, request.node, user);
    const nodes = [create(NodeSchema, { config })];
    const builder = create(BuilderInstanceSchema, { name, driver, nodes, createTime: timestampNow() });
    const why = await registry.taken(name, user.environment);
    if (why) throw nameTaken(name, why);
    await this.#store(builder, node, !request.validateOnly);
    return { builder, diagnostics, config };
  }

  /** Adds a node to a stored builder, or changes the node with that name. */
  async append(before: BuilderInstance, request: AppendNodeRequest, user: User): Promise<Edit> {
    const { plugins } = this.#options;
    const { driver, mustExist } = request;
    if (driver && driver !== before.driver) {
      const message = `Builder ${before.name} has the driver ${before.driver}, so its nodes cannot have the driver ${driver}.`;
      throw invalidField("driver", "DRIVER_CHANGED", message, "Create another builder for this node.");
    }
    const name = this.#nodeName(before.name, request.node?.name);
    const existing = configsOf(before).find(({ node }) => node === name);
    if (!existing && mustExist) throw unknownNode(before, name);
    const spec = existing ? changedSpec(existing, request.node) : request.node;
    const names = { builder: before.name, node: name };
    const { config, diagnostics } = await configureNode(plugins, before.driver, names, spec, user);
    const builder = withNode(before, config);
    await this.#store(builder, name, true);
    if (existing) {
      const changed = { driver: before.driver, before: existing, config };
      diagnostics.push(...(await settlePendingSettings(changed, this.#options)));
    }
    return { builder, diagnostics, config, before };
  }

  /** Sets the principals that may use a stored builder. */
  async limit(before: BuilderInstance, allowedPrincipals: string[]): Promise<BuilderInstance> {
    const builder = { ...before, allowedPrincipals: checkPrincipals(allowedPrincipals) };
    await this.#options.registry.put(builder);
    return builder;
  }

  /** Takes a node out of a stored builder and removes what the node created. */
  async leave(
    before: BuilderInstance,
    { node, force }: LeaveNodeRequest,
    signal: AbortSignal,
  ): Promise<ChangedBuilder> {
    const { remover, registry } = this.#options;
    const config = configsOf(before).find((candidate) => candidate.node === node);
    if (!config) throw unknownNode(before, node);
    if (before.nodes.length === 1) throw lastNode(before, node);
    const how = { force, keepState: false, keepDaemon: false };
    const { diagnostics } = await remover.remove(before, [config], how, signal);
    const builder = withoutNode(before, node);
    await registry.put(builder);
    return { builder, diagnostics };
  }

  /** Removes a stored builder. The builder stays when a node cannot be removed, except with force. */
  async remove(builder: BuilderInstance, options: RemoveOptions, signal: AbortSignal) {
    const { remover, registry } = this.#options;
    const result = await remover.remove(builder, configsOf(builder), options, signal);
    await registry.remove(builder.name);
    return result;
  }

  /** Restores the stored builder from before an edit. */
  async restore({ builder, before }: Edit): Promise<void> {
    const { registry } = this.#options;
    if (before) await registry.put(before);
    else await registry.remove(builder.name);
  }

  #nodeName(builder: string, given: string | undefined): string {
    if (given) return nodeName(given);
    return nextNodeName(builder, (candidate) => Boolean(this.#options.registry.ownerOf(candidate)));
  }

  #store(builder: BuilderInstance, node: string, isReal: boolean): Promise<void> {
    const { registry } = this.#options;
    return this.#storeMutex.runExclusive("", new AbortController().signal, async () => {
      const owner = registry.ownerOf(node);
      if (owner && owner !== builder.name) throw nodeTaken(node, owner);
      if (isReal) await registry.put(builder);
    });
  }
}

function lastNode({ name }: BuilderInstance, node: string) {
  return typedError({
    code: Code.FailedPrecondition,
    reason: "NODE_LAST",
    message: `${node} is the last node of builder ${name}.`,
    remedy: `Remove the builder instead: slipway rm ${name}.`,
    fields: [{ field: "node", message: "It is the last node." }],
  });
}
