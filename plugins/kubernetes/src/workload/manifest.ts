import type { V1Deployment, V1PersistentVolumeClaim, V1Secret, V1StatefulSet } from "@kubernetes/client-node";
import { annotations, configName, containerName, ownLabels } from "./ownership.js";
import { podTemplate } from "./pod-template.js";
import type { Settings } from "./settings.js";

/** The Deployment or StatefulSet of a node. */
export function workload(settings: Settings, digests: Record<string, string>): V1Deployment | V1StatefulSet {
  const { name, replicas, claimSize, labels, platforms } = settings;
  const metadata = {
    name,
    namespace: settings.namespace,
    labels: { ...labels, ...ownLabels(name) },
    annotations: {
      ...settings.annotations,
      ...(platforms.length > 0 && { "buildx.docker.com/platform": platforms.join(",") }),
      [annotations.builder]: settings.builder,
      [annotations.node]: settings.node,
      [annotations.settings]: JSON.stringify(digests),
    },
  };
  const spec = { replicas, selector: { matchLabels: { app: name } }, template: podTemplate(settings) };
  if (!claimSize) return { apiVersion: "apps/v1", kind: "Deployment", metadata, spec };
  return {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata,
    spec: {
      ...spec,
      serviceName: containerName,
      podManagementPolicy: "Parallel",
      volumeClaimTemplates: [claim(containerName, name, claimSize)],
    },
  };
}

/** A claim of a node. */
export function claim(name: string, node: string, size: string): V1PersistentVolumeClaim {
  return {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name, labels: ownLabels(node) },
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: size } } },
  };
}

/**
 * The Secret with the daemon's files; undefined when there are none. A Secret, since the files may include keys for
 * registries; the driver needs no right to read it.
 */
export function configuration({ name, namespace, files }: Settings): V1Secret | undefined {
  const contents = Object.values(files);
  if (contents.length === 0) return undefined;
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: configName(name), namespace, labels: ownLabels(name) },
    // Keys cannot contain slashes; the volume maps them to paths.
    data: Object.fromEntries(
      contents.map((file, index) => [`f${index}`, Buffer.from(file).toString("base64")]),
    ),
  };
}
