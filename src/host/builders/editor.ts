import { create, equals } from "@bufbuild/protobuf";
import { timestampNow } from "@bufbuild/protobuf/wkt";
import { invalidField } from "../../errors/typed-error.js";
import type { Diagnostic } from "../../gen/slipway/common/v1/diagnostic_pb.js";
import type { NodeConfig } from "../../gen/slipway/driver/v1/node_pb.js";
import { type BuilderRecord, BuilderRecordSchema } from "../../gen/slipway/state/v1/builder_record_pb.js";
import {
  type AppendNodeRequest,
  type CreateBuilderRequest,
  NodeSpecSchema,
  type UpdateNodeRequest,
} from "../../gen/slipway/v1/builder_pb.js";
import { capabilityIds, hasCapability } from "../../plugin-protocol/capabilities.js";
import { KeyedMutex } from "../../util/keyed-mutex.js";
import type { User } from "../access/user.js";
import { configureNode } from "../nodes/configure-node.js";
import type { Nodes } from "../nodes/nodes.js";
import type { PluginManager } from "../plugins/plugin-manager.js";
import { checkPrincipals } from "./allowed-principals.js";
import {
  endpointOfOtherClass,
  leftByOtherClass,
  nameTaken,
  nodeTaken,
  unknownNode,
} from "./builder-errors.js";
import { type ConfigChange, changeConfig } from "./change-config.js";
import { changedSpec, findNode, nextNodeName, withNode } from "./change-nodes.js";
import { chooseDriver } from "./choose-driver.js";
import { nodeName } from "./names.js";
import type { NodeRemover } from "./node-remover.js";
import { settlePendingSettings } from "./pending-settings.js";
import type { BuilderRegistry } from "./registry.js";
import { updatedSpec } from "./update-mask.js";

/** What the editor uses. */
export interface EditorOptions {
  plugins: PluginManager;
  registry: BuilderRegistry;
  nodes: Nodes;
  remover: NodeRemover;
}

/** A builder after a change, and what the user should know about the change. */
export interface ChangedBuilder {
  builder: BuilderRecord;
  diagnostics: Diagnostic[];
}

/** A change that was made and stored. */
export interface Edit extends ChangedBuilder {
  /** Configuration of the new or changed node. */
  config: NodeConfig;
  /** The builder before the change; undefined for a new builder. */
  before?: BuilderRecord;
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
    const { config, form, diagnostics } = await configureNode(plugins, driver, names, request.node, user);
    const builder = create(BuilderRecordSchema, {
      name,
      driver,
      nodes: [config],
      forms: { [node]: form },
      createTime: timestampNow(),
      maxRunningBuilds: request.maxRunningBuilds,
      untrusted: request.untrusted,
    });
    const why = await registry.taken(name, user.environment);
    if (why) throw nameTaken(name, why);
    await this.#store(builder, node, !request.validateOnly);
    return { builder, diagnostics, config };
  }

  /** Adds a node to a stored builder, or changes the node with that name. */
  async append(before: BuilderRecord, request: AppendNodeRequest, user: User): Promise<Edit> {
    const { plugins } = this.#options;
    const { driver, mustExist } = request;
    if (driver && driver !== before.driver) {
      const message = `Builder ${before.name} has the driver ${before.driver}, so its nodes cannot have the driver ${driver}.`;
      throw invalidField("driver", "DRIVER_CHANGED", message, "Create another builder for this node.");
    }
    const name = this.#nodeName(before.name, request.node?.name);
    const existing = before.nodes.find(({ node }) => node === name);
    if (existing) {
      const given = request.node ?? create(NodeSpecSchema);
      const specOf = (config: NodeConfig) => changedSpec(config, given);
      return this.#change(before, existing, { given, specOf }, user);
    }
    if (mustExist) throw unknownNode(before, name);
    const names = { builder: before.name, node: name };
    const made = await configureNode(plugins, before.driver, names, request.node, user);
    const { config, form, diagnostics } = made;
    const builder = withNode(before, config, form);
    await this.#store(builder, name, true);
    return { builder, diagnostics, config, before };
  }

  /** Changes what a mask names of a node. */
  async update(before: BuilderRecord, request: UpdateNodeRequest, user: User): Promise<Edit> {
    const given = request.node ?? create(NodeSpecSchema);
    const paths = request.updateMask?.paths ?? [];
    const specOf: ConfigChange["specOf"] = (config, descriptor) =>
      updatedSpec(config, given, paths, descriptor);
    const existing = findNode(before, given.name);
    return this.#change(before, existing, { given, specOf }, user, !request.validateOnly);
  }

  async #change(
    before: BuilderRecord,
    existing: NodeConfig,
    change: ConfigChange,
    user: User,
    isReal = true,
  ): Promise<Edit> {
    const { plugins } = this.#options;
    const changed = await changeConfig(plugins, before, existing, change, user);
    const { config, form, diagnostics } = changed;
    const builder = withNode(before, config, form);
    // Nothing is written when the settings are the same, as when a script states them at each start.
    await this.#store(builder, config.node, isReal && !equals(BuilderRecordSchema, builder, before));
    if (isReal)
      diagnostics.push(...(await settlePendingSettings({ ...changed, owner: before }, this.#options)));
    return { builder, diagnostics, config, before };
  }

  /** Sets the principals that may use a builder. */
  async limit(before: BuilderRecord, allowedPrincipals: string[]): Promise<BuilderRecord> {
    return this.#options.registry.limit(before, checkPrincipals(allowedPrincipals));
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

  #store(builder: BuilderRecord, node: string, isReal: boolean): Promise<void> {
    const { plugins, registry } = this.#options;
    return this.#storeMutex.runExclusive("", undefined, async () => {
      const owner = registry.ownerOf(node);
      if (owner && owner !== builder.name) throw nodeTaken(node, owner);
      if (registry.isLeftTo(builder, node)) throw leftByOtherClass(node, builder);
      const other = registry.otherClassAt(builder);
      if (other && !(await startsBuildkit(plugins, builder.driver)))
        throw endpointOfOtherClass(other, builder);
      if (isReal) await registry.put(builder);
    });
  }
}

/** Whether a driver starts a BuildKit for each node, so that nodes with the same endpoint share nothing. */
async function startsBuildkit(plugins: PluginManager, driver: string): Promise<boolean> {
  const found = (await plugins.describe()).find(({ descriptor }) => descriptor.name === driver);
  return found !== undefined && hasCapability(found.descriptor, capabilityIds.stopBuilders);
}
