import type { NodeConfig } from "slipway/driver";
import { parseEndpoint } from "../endpoint.js";
import { readSettings, type Settings } from "../workload/settings.js";
import { loadAccess } from "./access.js";
import { Api } from "./api.js";

/** A node's settings and a client of its cluster. */
export interface Target {
  settings: Settings;
  api: Api;
  config: NodeConfig;
}

/** Reads a node's configuration and its kubeconfig. */
export function openTarget(config: NodeConfig): Target {
  const settings = readSettings(config);
  return { settings, config, api: new Api(loadAccess(parseEndpoint(config.endpoint)), settings.namespace) };
}

/** A key that is unique to a node's workload. */
export function identityOf({ api, settings }: Target): string {
  return `${api.server} ${settings.namespace}/${settings.name}`;
}
