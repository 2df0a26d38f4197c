import { createHash } from "node:crypto";
import type { V1Pod, V1PodDisruptionBudget } from "@kubernetes/client-node";
import type { NodeConfig } from "slipway/driver";
import { annotations, busyLabel, containerName, ownLabels, workerLabel } from "../workload/ownership.js";
import { podTemplate } from "../workload/pod-template.js";
import { digestSettings, type Settings } from "../workload/settings.js";

/** Annotations of a leased worker: whose lease it is, and when that was renewed. */
export const leaseAnnotation = "slipway.dev/lease";
export const renewedAnnotation = "slipway.dev/lease-renewed";
/** Annotation of a worker that is deleted with its pool, or when that is stopped: its build does not begin again. */
export const stoppedAnnotation = "slipway.dev/stopped";

/** More than a pool can have, so that no worker that the budget selects can be evicted. */
const allWorkers = 1_000;

/** Name of the worker's claim, as a StatefulSet names it. */
export function claimName(node: string, index: number): string {
  return `${containerName}-${node}-${index}`;
}

/** The pod of a worker. */
export function workerPod(settings: Settings, index: number, digest: string): V1Pod {
  const { name, namespace, builder, node, claimSize } = settings;
  const { metadata, spec } = podTemplate(settings);
  const claim = { name: containerName, persistentVolumeClaim: { claimName: claimName(name, index) } };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      ...metadata,
      name: `${name}-${index}`,
      namespace,
      labels: { ...metadata?.labels, [workerLabel]: String(index) },
      annotations: {
        ...metadata?.annotations,
        [annotations.builder]: builder,
        [annotations.node]: node,
        [annotations.settings]: digest,
      },
    },
    spec: { ...spec!, volumes: [...(spec!.volumes ?? []), ...(claimSize ? [claim] : [])] },
  };
}

/**
 * The budget that keeps workers from being evicted while they are leased. For pods without a workload Kubernetes allows
 * only a minimum.
 */
export function budget({ name, namespace }: Settings): V1PodDisruptionBudget {
  return {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: { name, namespace, labels: ownLabels(name) },
    spec: {
      minAvailable: allWorkers,
      selector: { matchLabels: { app: name, [busyLabel]: "true" } },
    },
  };
}

/** Names the settings that a worker was created with. */
export function settingsDigest(config: NodeConfig): string {
  return createHash("sha256")
    .update(JSON.stringify(digestSettings(config)))
    .digest("hex")
    .slice(0, 16);
}
