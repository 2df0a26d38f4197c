import { buildkitdToml, parseBuildkitdToml } from "../../../config/buildkitd-toml.js";
import type { NodeConfig } from "../../../gen/slipway/driver/v1/node_pb.js";

/** How to reach a registry. */
export interface RegistrySettings {
  /** Its certificate is not verified, and it may speak plain HTTP. */
  insecure: boolean;
  /** CA certificates to trust for it, in PEM. */
  ca: string[];
}

/**
 * The settings of a registry in the buildkitd.toml of the nodes, since the host must reach it as their BuildKit does.
 * CA files that were not sent with the configuration are on the daemon's machine, where the host cannot read them.
 */
export function registrySettings(configs: readonly NodeConfig[], domain: string): RegistrySettings {
  const all = configs.map((config) => settingsOf(config, domain));
  return { insecure: all.some(({ insecure }) => insecure), ca: [...new Set(all.flatMap(({ ca }) => ca))] };
}

/** Whether the buildkitd.toml of a node has settings for a registry. */
export function isConfigured(configs: readonly NodeConfig[], domain: string): boolean {
  return configs.some((config) => blockOf(config, domain) !== undefined);
}

function settingsOf(config: NodeConfig, domain: string): RegistrySettings {
  const { daemonFiles } = config;
  const { http, insecure, ca } = blockOf(config, domain) ?? {};
  const paths = Array.isArray(ca) ? ca.map(String) : [];
  const sent = paths.flatMap((path) => daemonFiles[path] ?? []);
  return { insecure: http === true || insecure === true, ca: sent.map((pem) => Buffer.from(pem).toString()) };
}

function blockOf({ daemonFiles }: NodeConfig, domain: string): RegistryBlock | undefined {
  const file = daemonFiles[buildkitdToml];
  const registries = file && (parseBuildkitdToml(file).registry as Record<string, RegistryBlock> | undefined);
  return registries && Object.hasOwn(registries, domain) ? registries[domain] : undefined;
}

interface RegistryBlock {
  http?: unknown;
  insecure?: unknown;
  ca?: unknown;
}
