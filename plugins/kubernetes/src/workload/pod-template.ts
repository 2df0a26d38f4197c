import { createHash } from "node:crypto";
import type {
  V1Container,
  V1PodSpec,
  V1PodTemplateSpec,
  V1Volume,
  V1VolumeMount,
} from "@kubernetes/client-node";
import { diskLimitFlags, workerContainer, workerSpec } from "../pool/worker-parts.js";
import { mergeTemplate } from "./merge.js";
import { configName, containerName, ownLabels } from "./ownership.js";
import { configFolder, type Settings } from "./settings.js";

/** The template of a node's pods. */
export function podTemplate(settings: Settings): V1PodTemplateSpec {
  const { name, labels, platforms, files } = settings;
  const template: V1PodTemplateSpec = {
    metadata: {
      labels: { ...labels, ...ownLabels(name) },
      annotations: {
        ...settings.annotations,
        ...(platforms.length > 0 && { "buildx.docker.com/platform": platforms.join(",") }),
        // Changed files start new pods.
        ...(Object.keys(files).length > 0 && { "slipway.dev/config": digestFiles(files) }),
        ...(settings.rootless && {
          // Kubernetes before 1.30 supports only the annotation.
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
    // A new claim belongs to root; this gives it to the group.
    ...(settings.rootless && settings.claimSize && { securityContext: { fsGroup: 1000 } }),
    ...(settings.pool && workerSpec(settings, settings.pool)),
  };
}

function container(settings: Settings): V1Container {
  const { image, requests, limits, rootless, environment, flags, files } = settings;
  // Succeeds as soon as BuildKit answers, which makes the pod ready.
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
      ...(settings.pool ? diskLimitFlags(settings) : []),
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
    ...(settings.pool && workerContainer(settings.pool)),
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
    // A StatefulSet or a pool adds the claim as a volume of the same name.
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
