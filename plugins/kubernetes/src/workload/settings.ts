import { createHash } from "node:crypto";
import type {
  V1Affinity,
  V1PodTemplateSpec,
  V1Toleration,
  V1TopologySpreadConstraint,
} from "@kubernetes/client-node";
import { type NodeConfig, parseDuration, parseMap, placeDaemonFiles } from "slipway/driver";
import { parseEndpoint } from "../endpoint.js";
import { type PoolSettings, readPoolSettings } from "../pool/settings.js";
import { parseStructured } from "./structured.js";
import { parseTolerations } from "./tolerations.js";

/** The default image of BuildKit. */
export const defaultImage = "moby/buildkit:buildx-stable-1";

/** Folder of the daemon's files in the pods. */
export const configFolder = "/etc/buildkit";

/** A node's configuration in the form from which the workload is created. */
export interface Settings {
  /** Name of the created objects. */
  name: string;
  builder: string;
  node: string;
  namespace: string;
  image: string;
  replicas: number;
  /** Set for a pool of workers, which has neither Deployment nor StatefulSet. */
  pool?: PoolSettings;
  requests: Record<string, string>;
  limits: Record<string, string>;
  /** Size of the claim of each replica or worker; without a pool the workload is then a StatefulSet. */
  claimSize?: string;
  /** Size of the state's volume in memory. */
  memoryVolumeSize?: string;
  nodeSelector: Record<string, string>;
  annotations: Record<string, string>;
  labels: Record<string, string>;
  tolerations: V1Toleration[];
  affinity?: V1Affinity;
  topologySpreadConstraints: V1TopologySpreadConstraint[];
  template?: V1PodTemplateSpec;
  serviceAccount?: string;
  scheduler?: string;
  rootless: boolean;
  loadBalance: "sticky" | "random";
  /** Image that installs emulators on the node. */
  qemuImage?: string;
  /** How long Bootstrap waits, in milliseconds. */
  timeoutMs: number;
  environment: Record<string, string>;
  flags: string[];
  files: Record<string, Uint8Array>;
  platforms: string[];
}

/** Reads a validated configuration. */
export function readSettings(config: NodeConfig): Settings {
  const { options } = config;
  const map = (name: string) => Object.fromEntries(options[name] ? parseMap(options[name]) : []);
  const resources = (prefix: string) =>
    Object.fromEntries(
      ["cpu", "memory", "ephemeral-storage"].flatMap((name) => {
        const value = options[`${prefix}.${name}`];
        return value ? [[name, value]] : [];
      }),
    );
  const environment = sorted(options).filter(([name]) => name.startsWith("env."));
  return {
    name: parseEndpoint(config.endpoint).workload ?? workloadName(config.node),
    builder: config.builder,
    node: config.node,
    namespace: options.namespace!,
    image: options.image!,
    replicas: Number(options.replicas),
    pool: readPoolSettings(options),
    requests: resources("requests"),
    limits: resources("limits"),
    claimSize: options["persistent-volume-claim.requests.storage"] || undefined,
    memoryVolumeSize: options["buildkit-root-volume-memory"] || undefined,
    nodeSelector: map("nodeselector"),
    annotations: map("annotations"),
    labels: map("labels"),
    tolerations: options.tolerations ? parseTolerations(options.tolerations) : [],
    affinity: parseStructured(options.affinity),
    topologySpreadConstraints: parseStructured(options["topology-spread-constraints"]) ?? [],
    template: parseStructured(options.template),
    serviceAccount: options.serviceaccount || undefined,
    scheduler: options.schedulername || undefined,
    rootless: options.rootless === "true",
    loadBalance: options.loadbalance as Settings["loadBalance"],
    qemuImage: options["qemu.install"] === "true" ? options["qemu.image"] : undefined,
    timeoutMs: parseDuration(options.timeout!),
    environment: Object.fromEntries(environment.map(([name, value]) => [name.slice("env.".length), value])),
    flags: config.daemonFlags,
    files: placeDaemonFiles(Object.fromEntries(sorted(config.daemonFiles)), configFolder),
    platforms: config.platforms,
  };
}

/** Entries sorted by name, since a different order in a message must not restart pods. */
function sorted<T>(map: Record<string, T>): [string, T][] {
  return Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** The name of a node's workload, the same as in buildx. */
export function workloadName(node: string): string {
  return node.toLowerCase().replaceAll("_", "-");
}

/** Options without effect on objects in the cluster. */
const clientSide = [
  ...["namespace", "loadbalance", "timeout", "default-load"],
  ...["pool.min", "pool.max", "pool.steal"],
];

/**
 * A short digest of each setting of the workload, by its path in NodeConfig. The workload has it as an annotation, so
 * that a later call can find which settings have changed.
 */
export function digestSettings({
  options,
  daemonFlags,
  daemonFiles,
  platforms,
}: NodeConfig): Record<string, string> {
  const digests: Record<string, string> = {};
  const add = (path: string, value: string | Uint8Array) => {
    digests[path] = createHash("sha256").update(value).digest("hex").slice(0, 10);
  };
  for (const [name, value] of sorted(options)) if (!clientSide.includes(name)) add(`options[${name}]`, value);
  for (const [path, file] of sorted(daemonFiles)) add(`daemon_files[${path}]`, file);
  if (daemonFlags.length > 0) add("daemon_flags", JSON.stringify(daemonFlags));
  if (platforms.length > 0) add("platforms", JSON.stringify(platforms));
  return digests;
}

/** Paths of the settings that differ. */
export function changedFields(before: Record<string, string>, now: Record<string, string>): string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(now)])].filter(
    (path) => before[path] !== now[path],
  );
}
