import { clone, create } from "@bufbuild/protobuf";
import type { Diagnostic } from "../../gen/slipway/common/v1/diagnostic_pb.js";
import {
  type BuilderRecord,
  BuilderRecordSchema,
  ConfigFormSchema,
} from "../../gen/slipway/state/v1/builder_record_pb.js";
import { KeyedMutex } from "../../util/keyed-mutex.js";
import type { Log } from "../base/log.js";
import { formOf, isUpToDate, upgradeConfig } from "../nodes/stored-config.js";
import type { PluginManager } from "../plugins/plugin-manager.js";
import type { PluginUse } from "../plugins/plugin-use.js";
import type { StoredBuilders } from "./stored-builders.js";

/** A builder that its driver can use, and what the user should know about upgrades of its nodes. */
export interface UpgradedBuilder {
  builder: BuilderRecord;
  /** Empty unless nodes were upgraded just now. */
  warnings: Diagnostic[];
}

/** Keeps the stored configurations in the form that the plugins make, which are updated independently. */
export class BuilderUpgrades {
  readonly #upgrades = new KeyedMutex();

  constructor(
    private readonly plugins: PluginManager,
    private readonly stored: StoredBuilders,
    private readonly log: Log,
  ) {}

  /**
   * The builder with the configurations of all its nodes in the current form, which is stored. Throws, and stores
   * nothing, when a node cannot be upgraded: FAILED_PRECONDITION, reason CONFIG_NEWER or CONFIG_UPGRADE_FAILED.
   */
  async upgrade(builder: BuilderRecord): Promise<UpgradedBuilder> {
    // Drivers make the others anew for each use.
    if (builder.implicit || builder.origin) return { builder, warnings: [] };
    const plugin = await this.plugins.use(builder.driver);
    try {
      if (isAllUpToDate(builder, plugin)) return { builder, warnings: [] };
      const { signal } = new AbortController();
      const upgraded = await this.#upgrades.runExclusive(builder.name, signal, () =>
        this.#upgrade(builder, plugin),
      );
      const { nodes, forms } = upgraded.builder;
      return { ...upgraded, builder: { ...builder, nodes, forms } };
    } finally {
      plugin.release();
    }
  }

  async #upgrade(given: BuilderRecord, plugin: PluginUse): Promise<UpgradedBuilder> {
    for (;;) {
      const revision = this.stored.revisionOf(given.name);
      // If it was removed meanwhile, the call ends as if it were removed later.
      const before = revision ? this.stored.get(given.name)! : given;
      if (isAllUpToDate(before, plugin)) return { builder: before, warnings: [] };
      const after = await this.#upgradeNodes(before, plugin);
      // A concurrent change of the builder is kept.
      if (revision && !(await this.stored.replace(revision, after.builder))) continue;
      const { version } = formOf(plugin.descriptor);
      this.log.info("Upgraded a builder", { builder: given.name, plugin: plugin.plugin, version });
      return after;
    }
  }

  async #upgradeNodes(before: BuilderRecord, plugin: PluginUse): Promise<UpgradedBuilder> {
    const builder = clone(BuilderRecordSchema, before);
    const warnings: Diagnostic[] = [];
    for (const [index, config] of before.nodes.entries()) {
      const { node } = config;
      const form = before.forms[node];
      if (isUpToDate(form, plugin.descriptor)) continue;
      const upgraded = await upgradeConfig(plugin, { config, form });
      const { version, schemaDigest } = formOf(plugin.descriptor);
      const { diagnostics: upgradeWarnings } = upgraded;
      builder.nodes[index] = upgraded.config;
      builder.forms[node] = create(ConfigFormSchema, { version, schemaDigest, upgradeWarnings });
      warnings.push(...upgradeWarnings.map((warning) => ofNode(node, warning)));
    }
    return { builder, warnings };
  }
}

function isAllUpToDate({ nodes, forms }: BuilderRecord, { descriptor }: PluginUse): boolean {
  return nodes.every(({ node }) => isUpToDate(forms[node], descriptor));
}

/** A warning about a node's configuration as one about its builder. */
function ofNode(node: string, { field, message, ...warning }: Diagnostic): Diagnostic {
  return {
    ...warning,
    field: [`nodes[${node}]`, field].filter(Boolean).join("."),
    message: `After an update of its plugin, node ${node} was upgraded. ${message}`,
  };
}
