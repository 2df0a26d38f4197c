import type { V1Container, V1PodSpec } from "@kubernetes/client-node";
import { quantity } from "../workload/quantity.js";
import type { Settings } from "../workload/settings.js";
import type { PoolSettings } from "./settings.js";

/**
 * Shell condition: a connection of the driver is open, so something is built. The brackets keep the pattern from matching
 * this command itself.
 */
const isUsed = `cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' | grep -q 'dial-stdi[o]'`;
/** After this time beyond its idle time a worker that no host removes ends by itself, in seconds. */
const forgottenSeconds = 60;
/** Share of a claim that the cache may fill: the rest is for steps that run. */
const cacheShare = 0.75;
const bytesPerMegabyte = 1_000_000;

/** Architectures of Kubernetes' nodes; their names are those in platforms. */
const architectures = ["amd64", "arm64", "arm", "ppc64le", "s390x", "riscv64"];

/** What a worker's pod has beyond that of a replica. */
export function workerSpec(
  { nodeSelector, platforms, qemuImage }: Settings,
  { graceSeconds }: PoolSettings,
): Partial<V1PodSpec> {
  const architecture = qemuImage ? undefined : architectureOf(platforms);
  return {
    // A worker that has ended is replaced when a build needs one.
    restartPolicy: "Never",
    terminationGracePeriodSeconds: graceSeconds,
    ...(architecture && { nodeSelector: { "kubernetes.io/arch": architecture, ...nodeSelector } }),
  };
}

/** What a worker's container has beyond that of a replica. */
export function workerContainer({ idleMs, min, graceSeconds }: PoolSettings): Partial<V1Container> {
  const limit = Math.ceil(idleMs / 1000) + forgottenSeconds;
  const file = "/tmp/slipway-used";
  // Without the file, for example on a read-only file system, a worker never counts as forgotten.
  const isNotForgotten = [
    `if [ ! -e ${file} ] || ${isUsed}; then touch ${file} 2>/dev/null; fi`,
    `now=$(date +%s)`,
    `used=$(stat -c %Y ${file} 2>/dev/null || echo $now)`,
    `[ $((now - used)) -lt ${limit} ]`,
  ].join("; ");
  const answers = "buildctl debug workers >/dev/null";
  return {
    lifecycle: {
      // The pod ends when nothing is built any more, or with its grace period.
      preStop: { exec: { command: ["sh", "-c", `while ${isUsed}; do sleep 1; done`] } },
    },
    livenessProbe: {
      exec: { command: ["sh", "-c", min === 0 ? `{ ${isNotForgotten}; } && ${answers}` : answers] },
      periodSeconds: 30,
      timeoutSeconds: 60,
      failureThreshold: 3,
      terminationGracePeriodSeconds: graceSeconds,
    },
  };
}

/** Flags of buildkitd that keep its cache within its claim, unless the user configures that. */
export function diskLimitFlags({ claimSize, flags, files }: Settings): string[] {
  const configured = Buffer.from(files["buildkitd.toml"] ?? "").toString();
  if (!claimSize || /gc/.test(configured) || flags.some((flag) => flag.includes("-gc"))) return [];
  const megabytes = Math.floor((quantity(claimSize) * cacheShare) / bytesPerMegabyte);
  return [`--oci-worker-gc-keepstorage=${Math.max(1, megabytes)}`];
}

function architectureOf(platforms: string[]): string | undefined {
  const found = new Set(platforms.map((platform) => platform.split("/")[1]));
  const [only, ...others] = found;
  return others.length === 0 && only && architectures.includes(only) ? only : undefined;
}
