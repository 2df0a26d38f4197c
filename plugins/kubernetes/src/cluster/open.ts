import type { NodeConfig } from "slipway/driver";
import { parseEndpoint } from "../endpoint.js";
import { readSettings, type Settings } from "../workload/settings.js";
import { loadAccess } from "./access.js";
import { Api } from "./api.js";

/** A node's settings and the way to its cluster. */
export interface Target {
  settings: Settings;
  api: Api;
  config: NodeConfig;
}

/** Reads a node's configuration, and the kubeconfig that it names. */
export function openTarget(config: NodeConfig): Target {
  const settings = readSettings(config);
  return { settings, config, api: new Api(loadAccess(parseEndpoint(config.endpoint)), settings.namespace) };
}

/** What tells a node's workload from all others. */
export function identityOf({ api, settings }: Target): string {
  return `${api.server} ${settings.namespace}/${settings.name}`;
}
