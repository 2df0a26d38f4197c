import { createHash } from "node:crypto";
import type { NodeConfig } from "slipway/driver";
import manifest from "../slipway-plugin.json" with { type: "json" };

const prefix = "dev.slipway.";
const settingsLabel = `${prefix}settings`;

/** Options that change how a node is used, but not its container. */
const usageOptions = new Set(["default-load", "provenance-add-gha", "allow-untrusted-image"]);

/** Labels that identify what the driver created, and for which node. */
export function ownerLabels({ builder, node }: NodeConfig): Record<string, string> {
  return {
    [`${prefix}driver`]: manifest.name,
    [`${prefix}driver-version`]: manifest.version,
    [`${prefix}builder`]: builder,
    [`${prefix}node`]: node,
  };
}

/** The labels of a container, with a digest of each setting that it was created with. */
export function containerLabels(config: NodeConfig): Record<string, string> {
  return { ...ownerLabels(config), [settingsLabel]: JSON.stringify(digestsOf(config)) };
}

/** Whether this driver created a container; buildx sets no labels. */
export function isOurs(labels: Record<string, string>): boolean {
  return labels[settingsLabel] !== undefined;
}

/** Paths in NodeConfig of the settings in which a container of this driver differs from a configuration. */
export function changedFields(config: NodeConfig, labels: Record<string, string>): string[] {
  if (!isOurs(labels)) return [];
  const actual: Record<string, string> = JSON.parse(labels[settingsLabel]!);
  const wanted = digestsOf(config);
  const fields = new Set([...Object.keys(actual), ...Object.keys(wanted)]);
  return [...fields].filter((field) => actual[field] !== wanted[field]).sort();
}

function digestsOf({ options, daemonFlags, daemonFiles }: NodeConfig): Record<string, string> {
  const digests: Record<string, string> = { daemon_flags: digest(JSON.stringify(daemonFlags)) };
  for (const [name, value] of Object.entries(options))
    if (!usageOptions.has(name)) digests[`options[${name}]`] = digest(value);
  for (const [name, content] of Object.entries(daemonFiles))
    digests[`daemon_files[${name}]`] = digest(content);
  return digests;
}

function digest(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex").slice(0, 16);
}
