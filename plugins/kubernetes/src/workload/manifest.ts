import { createHash } from "node:crypto";
import type {
  V1Container,
  V1Deployment,
  V1PersistentVolumeClaim,
  V1PodSpec,
  V1PodTemplateSpec,
  V1Secret,
  V1StatefulSet,
  V1Volume,
  V1VolumeMount,
} from "@kubernetes/client-node";
import { type Kind, kinds } from "../cluster/api.js";
import { mergeTemplate } from "./merge.js";
import { configFolder, type Settings } from "./settings.js";

/** Name of the container with BuildKit, and of its state's volume. */
export const containerName = "buildkitd";
/** Folder of the daemon's configuration in the container. */

const managedBy = { "app.kubernetes.io/managed-by": "slipway" };
/** Annotations of the workload. */
export const annotations = {
  builder: "slipway.dev/builder",
  node: "slipway.dev/node",
  settings: "slipway.dev/settings",
};

/** Labels of all that is created for a node. */
export function ownLabels(name: string): Record<string, string> {
  return { app: name, ...managedBy };
}

/** The same as a selector. */
export function ownSelector(name: string): string {
  return Object.entries(ownLabels(name))
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
}

/** Whether an object was created by this driver. */
export function isOurs(object: { metadata?: { labels?: Record<string, string> } }): boolean {
  return Object.entries(managedBy).every(([key, value]) => object.metadata?.labels?.[key] === value);
}

/** The kind of workload that a node is. */
export function kindOf({ claimSize }: Pick<Settings, "claimSize">): Kind {
  return claimSize ? kinds.statefulsets : kinds.deployments;
}

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
      volumeClaimTemplates: [claim(name, claimSize)],
    },
  };
}

function claim(name: string, size: string): V1PersistentVolumeClaim {
  return {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: containerName, labels: ownLabels(name) },
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: size } } },
  };
}

/** Name of the object with the daemon's files. */
export function configName(name: string): string {
  return `${name}-config`;
}

/**
 * The daemon's files; undefined when there are none. A Secret, since keys for registries may be among them; whoever
 * makes it needs no right to read it.
 */
export function configuration({ name, namespace, files }: Settings): V1Secret | undefined {
  const contents = Object.values(files);
  if (contents.length === 0) return undefined;
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: configName(name), namespace, labels: ownLabels(name) },
    // Keys may not have slashes in them; the volume gives the files their paths.
    data: Object.fromEntries(
      contents.map((file, index) => [`f${index}`, Buffer.from(file).toString("base64")]),
    ),
  };
}

function podTemplate(settings: Settings): V1PodTemplateSpec {
  const { name, labels, platforms, files } = settings;
  const template: V1PodTemplateSpec = {
    metadata: {
      labels: { ...labels, ...ownLabels(name) },
      annotations: {
        ...settings.annotations,
        ...(platforms.length > 0 && { "buildx.docker.com/platform": platforms.join(",") }),
        // A change of the files starts new pods.
        ...(Object.keys(files).length > 0 && { "slipway.dev/config": digestFiles(files) }),
        ...(settings.rootless && {
          // Kubernetes before 1.30 knows only the annotation.
          [`container.apparmor.security.beta.kubernetes.io/${containerName}`]: "unconfined",
        }),
      },
    },
    spec: podSpec(settings),
  };
  return mergeTemplate(template, settings.template ?? {}) as V1PodTemplateSpec;
}

function podSpec(settings: Settings): V1PodSpec {
  const { nodeSelector, tolerations, affinity, topologySpreadConstraints, qemuImage } = settings;
  return {
    containers: [container(settings)],
    ...(qemuImage && {
      initContainers: [
        { name: "qemu", image: qemuImage, args: ["--install", "all"], securityContext: { privileged: true } },
      ],
    }),
    volumes: volumes(settings),
    ...(Object.keys(nodeSelector).length > 0 && { nodeSelector }),
    ...(tolerations.length > 0 && { tolerations }),
    ...(affinity && { affinity }),
    ...(topologySpreadConstraints.length > 0 && {
      topologySpreadConstraints: topologySpreadConstraints.map((constraint) => ({
        labelSelector: { matchLabels: { app: settings.name } },
        ...constraint,
      })),
    }),
    ...(settings.serviceAccount && { serviceAccountName: settings.serviceAccount }),
    ...(settings.scheduler && { schedulerName: settings.scheduler }),
    // A claim belongs to root until it is made the group's.
    ...(settings.rootless && settings.claimSize && { securityContext: { fsGroup: 1000 } }),
  };
}

function container(settings: Settings): V1Container {
  const { image, requests, limits, rootless, environment, flags, files } = settings;
  // It answers as soon as BuildKit does; a pod without an answer is not ready.
  const exec = { command: ["buildctl", "debug", "workers"] };
  const resources = {
    ...(Object.keys(requests).length > 0 && { requests }),
    ...(Object.keys(limits).length > 0 && { limits }),
  };
  return {
    name: containerName,
    image,
    args: [
      ...(files["buildkitd.toml"] ? ["--config", `${configFolder}/buildkitd.toml`] : []),
      ...(rootless ? ["--oci-worker-no-process-sandbox"] : []),
      ...flags,
    ],
    env: Object.entries(environment).map(([name, value]) => ({ name, value })),
    resources,
    securityContext: rootless
      ? { seccompProfile: { type: "Unconfined" }, appArmorProfile: { type: "Unconfined" } }
      : { privileged: true },
    startupProbe: { exec, periodSeconds: 1, timeoutSeconds: 10, failureThreshold: 300 },
    livenessProbe: { exec, periodSeconds: 30, timeoutSeconds: 60, failureThreshold: 3 },
    terminationMessagePolicy: "FallbackToLogsOnError",
    volumeMounts: mounts(settings),
  };
}

function mounts({ rootless, files }: Settings): V1VolumeMount[] {
  const state = rootless ? "/home/user/.local/share/buildkit" : "/var/lib/buildkit";
  return [
    { name: containerName, mountPath: state },
    ...(Object.keys(files).length > 0 ? [{ name: "config", mountPath: configFolder }] : []),
  ];
}

function volumes({ name, claimSize, memoryVolumeSize, files }: Settings): V1Volume[] {
  const memory = { medium: "Memory", sizeLimit: memoryVolumeSize };
  return [
    // The claim has the same name, and the StatefulSet makes a volume of it.
    ...(claimSize ? [] : [{ name: containerName, emptyDir: memoryVolumeSize ? memory : {} }]),
    ...(Object.keys(files).length > 0
      ? [
          {
            name: "config",
            secret: {
              secretName: configName(name),
              items: Object.keys(files).map((path, index) => ({ key: `f${index}`, path })),
            },
          },
        ]
      : []),
  ];
}

function digestFiles(files: Record<string, Uint8Array>): string {
  const hash = createHash("sha256");
  for (const [path, file] of Object.entries(files)) hash.update(`${path}\0${file.length}\0`).update(file);
  return hash.digest("hex").slice(0, 16);
}
