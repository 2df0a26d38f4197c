import { createHash } from "node:crypto";
import type { NodeConfig } from "slipway/driver";
import manifest from "../slipway-plugin.json" with { type: "json" };

const prefix = "dev.slipway.";
const settingsLabel = `${prefix}settings`;

/** Options that say how a node is used, not how its container is made. */
const usageOptions = new Set(["default-load", "provenance-add-gha", "allow-untrusted-image"]);

/** Labels by which people and programs find what was created, and whose it is. */
export function ownerLabels({ builder, node }: NodeConfig): Record<string, string> {
  return {
    [`${prefix}driver`]: manifest.name,
    [`${prefix}driver-version`]: manifest.version,
    [`${prefix}builder`]: builder,
    [`${prefix}node`]: node,
  };
}

/** The labels of a container: also what it was made with, as a digest of each setting. */
export function containerLabels(config: NodeConfig): Record<string, string> {
  return { ...ownerLabels(config), [settingsLabel]: JSON.stringify(digestsOf(config)) };
}

/** Whether a container was made by this driver; buildx sets no labels. */
export function isOurs(labels: Record<string, string>): boolean {
  return labels[settingsLabel] !== undefined;
}

/** The settings, as paths into NodeConfig, in which a container of ours differs from a configuration. */
export function changedFields(config: NodeConfig, labels: Record<string, string>): string[] {
  if (!isOurs(labels)) return [];
  const made: Record<string, string> = JSON.parse(labels[settingsLabel]!);
  const wanted = digestsOf(config);
  const fields = new Set([...Object.keys(made), ...Object.keys(wanted)]);
  return [...fields].filter((field) => made[field] !== wanted[field]).sort();
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
