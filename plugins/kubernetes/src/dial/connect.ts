import { once } from "node:events";
import type { Duplex } from "node:stream";
import type { V1Pod } from "@kubernetes/client-node";
import { Code, driverError, NodeState, readTypedError, withPeriod, withTimeout } from "slipway/driver";
import type { Target } from "../cluster/open.js";
import { inspectTarget } from "../inspect.js";
import { pause } from "../pause.js";
import { describePod } from "../pods/describe.js";
import { listPods } from "../pods/node-objects.js";
import { containerName } from "../workload/ownership.js";
import { rankPods } from "./choose-pod.js";
import { exec } from "./exec.js";
import type { ExecStream } from "./exec-stream.js";
import { PodGuard } from "./pod-guard.js";

/** How long BuildKit may take to send its first bytes, in milliseconds. */
const firstBytesMs = 15_000;
/** Maximum number of attempts, each with a fresh list of pods. */
const maxAttempts = 4;
/** The pause after the first attempt, in milliseconds; it grows with each. */
const pauseMs = 500;

/** Opens a stream to the BuildKit in one of a node's pods. Failures are typed. */
export async function connect(target: Target, affinityKey: string, signal: AbortSignal): Promise<Duplex> {
  const { loadBalance } = target.settings;
  for (let attempt = 1; ; attempt++) {
    const pods = await listPods(target, signal);
    const ready = pods.filter((pod) => describePod(pod).state === NodeState.RUNNING);
    const ranked = rankPods(ready, (pod) => pod.metadata!.name!, loadBalance, affinityKey);
    try {
      // The next pod in the ranking is the one to which the key would move.
      const pod = ranked[(attempt - 1) % Math.max(ranked.length, 1)];
      if (!pod) throw await notReady(target, signal);
      return await openGuarded(target, pod, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (attempt === maxAttempts || readTypedError(error).code !== Code.Unavailable || ready.length === 0)
        throw error;
      await pause(signal, pauseMs * attempt);
    }
  }
}

async function openGuarded(target: Target, pod: V1Pod, signal: AbortSignal): Promise<Duplex> {
  const stream = await openPod(target, pod, signal);
  const guard = new PodGuard(target, pod);
  guard.guard(stream);
  stream.explain = () => guard.reason();
  return stream;
}

/** Opens a stream to the BuildKit in a pod. Failures are typed. */
export async function openPod(target: Target, pod: V1Pod, signal: AbortSignal): Promise<ExecStream> {
  const name = pod.metadata!.name!;
  const stream = await exec(target.api, name, containerName, ["buildctl", "dial-stdio"], signal);
  try {
    // BuildKit sends its HTTP/2 preface first; a failing command ends before.
    await withTimeout(firstBytesMs, signal, (limited) => firstBytes(stream, limited));
  } catch (cause) {
    stream.on("error", () => {}).destroy();
    signal.throwIfAborted();
    throw driverError({
      code: Code.Unavailable,
      reason: "BUILDKIT_UNREACHABLE",
      message: withPeriod(`BuildKit cannot be reached in pod ${name}: ${(cause as Error).message}`),
      remedy: `See the pod's log: \`kubectl -n ${target.settings.namespace} logs ${name}\`.`,
    });
  }
  return stream;
}

async function firstBytes(stream: ExecStream, signal: AbortSignal): Promise<void> {
  if (stream.readableLength === 0) await once(stream, "readable", { signal });
  if (stream.readableEnded || stream.readableLength === 0)
    throw new Error("buildctl dial-stdio ended without an answer");
}

/** The error that explains why no pod is ready. */
async function notReady(target: Target, signal: AbortSignal) {
  const { reason, message, remedy } = await inspectTarget(target, signal);
  const { name, namespace } = target.settings;
  return driverError({
    code: Code.Unavailable,
    reason: reason || "PODS_NOT_READY",
    message: message || `No pod of ${name} in namespace ${namespace} is ready.`,
    remedy: remedy || undefined,
  });
}
