import { type Kind, kinds } from "../cluster/kinds.js";
import type { Settings } from "./settings.js";

/** Name of the container with BuildKit, and of the volume with its state. */
export const containerName = "buildkitd";
const managedBy = { "app.kubernetes.io/managed-by": "slipway" };
/** Annotations of the workload. */
export const annotations = {
  builder: "slipway.dev/builder",
  node: "slipway.dev/node",
  settings: "slipway.dev/settings",
};

/** Label of a pool's workers, with their index. */
export const workerLabel = "slipway.dev/worker";
/** Label of the workers of a pool that are leased; its disruption budget selects them. */
export const busyLabel = "slipway.dev/busy";

/** Labels of all objects of a node. */
export function ownLabels(name: string): Record<string, string> {
  return { app: name, ...managedBy };
}

/** Selector of all objects of a node. */
export function ownSelector(name: string): string {
  return Object.entries(ownLabels(name))
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
}

/** Whether an object was created by this driver. */
export function isOurs(object: { metadata?: { labels?: Record<string, string> } }): boolean {
  return Object.entries(managedBy).every(([key, value]) => object.metadata?.labels?.[key] === value);
}

/** The kind of a node's workload. */
export function kindOf({ claimSize }: Pick<Settings, "claimSize">): Kind {
  return claimSize ? kinds.statefulsets : kinds.deployments;
}

/** Name of the Secret with the daemon's files. */
export function configName(name: string): string {
  return `${name}-config`;
}
