import { createHash } from "node:crypto";
import { create, toBinary } from "@bufbuild/protobuf";
import { Code, type ConnectError } from "@connectrpc/connect";
import { readTypedError, typedError } from "../../errors/typed-error.js";
import type { Diagnostic } from "../../gen/slipway/common/v1/diagnostic_pb.js";
import { type DriverDescriptor, DriverDescriptorSchema } from "../../gen/slipway/driver/v1/descriptor_pb.js";
import type { UpgradeConfigResponse } from "../../gen/slipway/driver/v1/driver_pb.js";
import { type NodeConfig, NodeConfigSchema } from "../../gen/slipway/driver/v1/node_pb.js";
import { type ConfigForm, ConfigFormSchema } from "../../gen/slipway/state/v1/builder_record_pb.js";
import { configVersionOf } from "../../plugin-protocol/config-version.js";
import { withPeriod } from "../../util/with-period.js";
import type { PluginUse } from "../plugins/plugin-use.js";
import { isError } from "./findings.js";

/** How long a driver may take to upgrade a configuration, in milliseconds; it uses no backend for that. */
const upgradeMs = 30_000;

/** A configuration as it is stored. */
export interface StoredConfig {
  config: NodeConfig;
  /** Its normal form; undefined for version 1 with an unknown schema. */
  form: ConfigForm | undefined;
}

/** A configuration in the current normal form of its driver. */
export interface CurrentConfig {
  config: NodeConfig;
  /** What the user should know about the upgrade. */
  diagnostics: Diagnostic[];
}

const forms = new WeakMap<DriverDescriptor, ConfigForm>();

/** The normal form that a driver makes now. */
export function formOf(descriptor: DriverDescriptor): ConfigForm {
  const form = forms.get(descriptor) ?? readForm(descriptor);
  forms.set(descriptor, form);
  return form;
}

function readForm(descriptor: DriverDescriptor): ConfigForm {
  const { options, endpoint } = descriptor;
  const schema = toBinary(DriverDescriptorSchema, create(DriverDescriptorSchema, { options, endpoint }));
  return create(ConfigFormSchema, {
    version: configVersionOf(descriptor),
    schemaDigest: createHash("sha256").update(schema).digest("base64url"),
  });
}

/** Whether a stored configuration has the normal form that its driver makes now. */
export function isUpToDate(form: ConfigForm | undefined, descriptor: DriverDescriptor): boolean {
  const current = formOf(descriptor);
  return form?.version === current.version && form.schemaDigest === current.schemaDigest;
}

/**
 * Brings a stored configuration to the version of its driver, for a caller that validates it. FAILED_PRECONDITION, reason
 * CONFIG_NEWER, when the plugin is older than the configuration, and reason CONFIG_UPGRADE_FAILED.
 */
export async function toCurrentVersion(plugin: PluginUse, stored: StoredConfig): Promise<CurrentConfig> {
  const { config, form } = stored;
  const isSame = (form?.version ?? 1) === formOf(plugin.descriptor).version;
  return isSame ? { config, diagnostics: [] } : upgradeConfig(plugin, stored);
}

/**
 * Brings a stored configuration to the current normal form of its driver: from an earlier version with UpgradeConfig, and
 * otherwise with Validate, which adds new defaults. Throws as {@link toCurrentVersion}.
 */
export async function upgradeConfig(
  { driver, descriptor, plugin, isAttached }: PluginUse,
  { config: given, form }: StoredConfig,
  signal?: AbortSignal,
): Promise<CurrentConfig> {
  if (isUpToDate(form, descriptor)) return { config: given, diagnostics: [] };
  const { name } = descriptor;
  const { version: fromVersion } = form ?? { version: 1 };
  const { version } = formOf(descriptor);
  const facts = {
    driver: name,
    plugin,
    node: given.node,
    stored_version: String(fromVersion),
    plugin_version: String(version),
  };
  if (fromVersion > version) throw newer(facts);
  const request = { driver: name, config: given };
  // An attached plugin may be at a breakpoint.
  const options = { signal, timeoutMs: isAttached ? undefined : upgradeMs };
  const answer =
    fromVersion < version
      ? driver.upgradeConfig({ ...request, fromVersion }, options)
      : driver.validate(request, options);
  const { config, diagnostics } = await (answer as Promise<Answer>).catch((cause) => {
    const error = readTypedError(cause);
    // A plugin that crashed is started again.
    if (error.code === Code.Unavailable || signal?.aborted) throw cause;
    throw failed(facts, error.message, error.remedy);
  });
  const errors = diagnostics.filter(isError);
  if (errors.length > 0) {
    const why = errors.map(({ message }) => withPeriod(message)).join(" ");
    throw failed(facts, why, errors.find(({ remedy }) => remedy)?.remedy);
  }
  if (!config) throw failed(facts, "The driver returned no configuration.");
  const { builder, node, allowedAddresses } = given;
  return { config: create(NodeConfigSchema, { ...config, builder, node, allowedAddresses }), diagnostics };
}

type Answer = Pick<UpgradeConfigResponse, "config" | "diagnostics">;
type Facts = Record<"driver" | "plugin" | "node" | "stored_version" | "plugin_version", string>;

function newer(facts: Facts): ConnectError {
  const { driver, plugin, node, stored_version: stored, plugin_version: current } = facts;
  return typedError({
    code: Code.FailedPrecondition,
    reason: "CONFIG_NEWER",
    message: `Node ${node} was stored by a newer version of the plugin ${plugin}: its configuration for the driver ${driver} has version ${stored}, and this plugin's version is ${current}.`,
    remedy: `Install the newer version of the plugin ${plugin} again.`,
    metadata: facts,
  });
}

function failed(facts: Facts, why: string, remedy = ""): ConnectError {
  const { driver, plugin, node, stored_version: stored, plugin_version: current } = facts;
  const versions = stored === current ? "" : ` from version ${stored} to ${current}`;
  const message = `The configuration of node ${node} cannot be upgraded${versions} for the driver ${driver}: ${withPeriod(why)}`;
  const ways = `Change the node, or install the former version of the plugin ${plugin}; nothing was changed.`;
  return typedError({
    code: Code.FailedPrecondition,
    reason: "CONFIG_UPGRADE_FAILED",
    message,
    remedy: [remedy, ways].filter(Boolean).map(withPeriod).join(" "),
    metadata: facts,
  });
}
