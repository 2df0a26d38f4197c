import { Code, type ConnectError } from "@connectrpc/connect";
import { typedError } from "../../../errors/typed-error.js";

/** When it is worth to ask a full queue again, in milliseconds: nobody knows when a build ends. */
const fullQueueMs = 5_000;

/**
 * RESOURCE_EXHAUSTED, reason QUEUE_FULL.
 * @param used how many builds of the caller wait, or of the project
 */
export function queueFull(limit: number, used: number, project?: string): ConnectError {
  const message =
    project === undefined
      ? `The queue is full: ${limit} builds wait.`
      : `The queue of the project ${project} is full: ${limit} of its builds may wait.`;
  return typedError({
    code: Code.ResourceExhausted,
    reason: "QUEUE_FULL",
    message,
    remedy: "Start it when fewer builds wait.",
    quota: { subject: project === undefined ? "host" : `project:${project}`, description: message },
    metadata: {
      quota: project === undefined ? "queued-builds" : "queued_builds",
      limit: String(limit),
      used: String(used),
      ...(project !== undefined && { project }),
    },
    retryAfterMs: fullQueueMs,
  });
}

/** DEADLINE_EXCEEDED, reason QUEUE_TIMEOUT. */
export function queueTimeout(ms: number): ConnectError {
  return typedError({
    code: Code.DeadlineExceeded,
    reason: "QUEUE_TIMEOUT",
    message: `The build waited in the queue for ${ms / 1000} s, which is its limit.`,
    remedy: "Build again when fewer builds run, or let it wait longer.",
  });
}

/** DEADLINE_EXCEEDED, reason BUILD_TIMEOUT. */
export function buildTimeout(ms: number): ConnectError {
  return typedError({
    code: Code.DeadlineExceeded,
    reason: "BUILD_TIMEOUT",
    message: `The build ran for ${ms / 1000} s, which is its limit.`,
    remedy: "Let it run longer. What it has built is in the build cache.",
  });
}

/** When the next host can be there, if a service manager starts it, in milliseconds. */
const nextHostMs = 2_000;

/**
 * ABORTED, reason HOST_STOPPED.
 * @param obstacle why the next host cannot run the build; one sentence
 */
export function hostStopped(what: "waited" | "ran", obstacle?: string): ConnectError {
  const message = `The host ended while the build ${what === "waited" ? "waited in the queue" : "ran"}.`;
  return typedError({
    code: Code.Aborted,
    reason: "HOST_STOPPED",
    message: obstacle ? `${message} ${obstacle}` : message,
    remedy: "Build again.",
  });
}

/** UNAVAILABLE, reason HOST_STOPPING: for those who watch a build that is left to the next host. */
export function waitsForNextHost(): ConnectError {
  return typedError({
    code: Code.Unavailable,
    reason: "HOST_STOPPING",
    message: "The host is stopping; the build waits for the next one.",
    remedy: "Watch it again when a host runs.",
    retryAfterMs: nextHostMs,
  });
}

/** FAILED_PRECONDITION, reason BUILDER_CHANGED. */
export function builderChanged(name: string): ConnectError {
  return typedError({
    code: Code.FailedPrecondition,
    reason: "BUILDER_CHANGED",
    message: `The builder ${name} was changed while the build waited in the queue.`,
    remedy: "Build again.",
  });
}
