import { once } from "node:events";
import type { Duplex } from "node:stream";
import type { V1Pod } from "@kubernetes/client-node";
import { Code, driverError, NodeState, readTypedError, withTimeout } from "slipway/driver";
import type { Target } from "../cluster/open.js";
import { inspectTarget } from "../inspect.js";
import { describePod } from "../pods/describe.js";
import { listPods } from "../pods/look.js";
import { pause } from "../workload/apply.js";
import { containerName } from "../workload/manifest.js";
import { rankPods } from "./choose-pod.js";
import { exec } from "./exec.js";
import type { ExecStream } from "./exec-stream.js";
import { PodGuard } from "./pod-guard.js";

/** So long BuildKit may take to greet, in milliseconds. */
const greetingMs = 15_000;
/** How often it is tried, each time with the pods there then are, and how long to wait in between. */
const attempts = 4;
const pauseMs = 500;

/** Opens a stream to the BuildKit in one of a node's pods. Failures are typed. */
export async function connect(target: Target, affinityKey: string, signal: AbortSignal): Promise<Duplex> {
  const { loadBalance } = target.settings;
  for (let attempt = 1; ; attempt++) {
    const { pods } = await listPods(target, signal);
    const ready = pods.filter((pod) => describePod(pod).state === NodeState.RUNNING);
    const ranked = rankPods(ready, (pod) => pod.metadata!.name!, loadBalance, affinityKey);
    try {
      // The next one in line is the one that the key would move to.
      const pod = ranked[(attempt - 1) % Math.max(ranked.length, 1)];
      if (!pod) throw await notReady(target, signal);
      return await open(target, pod, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (attempt === attempts || readTypedError(error).code !== Code.Unavailable || ready.length === 0)
        throw error;
      await pause(signal, pauseMs * attempt);
    }
  }
}

async function open(target: Target, pod: V1Pod, signal: AbortSignal): Promise<Duplex> {
  const name = pod.metadata!.name!;
  const stream = await exec(target.api, name, containerName, ["buildctl", "dial-stdio"], signal);
  const guard = new PodGuard(target, pod);
  try {
    // BuildKit greets unasked; a command that fails does so before.
    await withTimeout(greetingMs, signal, (limited) => greeted(stream, limited));
  } catch (cause) {
    stream.on("error", () => {}).destroy();
    signal.throwIfAborted();
    throw driverError({
      code: Code.Unavailable,
      reason: "BUILDKIT_UNREACHABLE",
      message: `no BuildKit in pod ${name}: ${(cause as Error).message}`,
      remedy: `See what the pod says: kubectl -n ${target.settings.namespace} logs ${name}`,
    });
  }
  guard.guard(stream);
  stream.explain = () => guard.reason();
  return stream;
}

async function greeted(stream: ExecStream, signal: AbortSignal): Promise<void> {
  if (stream.readableLength === 0) await once(stream, "readable", { signal });
  if (stream.readableEnded || stream.readableLength === 0)
    throw new Error("buildctl dial-stdio ended without an answer");
}

/** Why there is no pod to connect to. */
async function notReady(target: Target, signal: AbortSignal) {
  const { reason, reasonCode, remedy } = await inspectTarget(target, signal);
  const { name, namespace } = target.settings;
  return driverError({
    code: Code.Unavailable,
    reason: reasonCode || "PODS_NOT_READY",
    message: reason || `no pod of ${name} in namespace ${namespace} is ready`,
    remedy: remedy || undefined,
  });
}
