import { setTimeout as sleep } from "node:timers/promises";
import { Code, driverError, type Progress, readTypedError } from "slipway/driver";
import type { EngineApi } from "../../engine/src/api.js";
import { openBuildkit } from "./connect.js";
import { type Container, findContainer, howEnded, logTail } from "./container.js";

/** How long BuildKit may take to answer after its container started, in milliseconds. */
const limitMs = 60_000;
/** Pauses between attempts, in milliseconds: the first and the longest one. */
const pauseMs = { first: 50, longest: 1_000 };

/** Waits until the BuildKit in a container answers. Throws an error with the end of its log when it exits instead. */
export async function waitUntilReady(
  engine: EngineApi,
  name: string,
  { signal, progress }: { signal: AbortSignal; progress(step: Progress): void },
): Promise<void> {
  const step = { id: "wait", name: "Waiting for BuildKit to answer" };
  const until = performance.now() + limitMs;
  let restarts: number | undefined;
  progress(step);
  for (let pause = pauseMs.first; ; pause = Math.min(pause * 2, pauseMs.longest)) {
    const container = await findContainer(engine, name);
    if (!container) throw removed(name);
    restarts ??= container.RestartCount;
    if (container.State.Status !== "running" || container.RestartCount > restarts)
      throw await failed(engine, name, container);
    try {
      const stream = await openBuildkit(engine, name, signal);
      stream.on("error", () => {}).destroy();
      progress({ ...step, done: true });
      return;
    } catch (error) {
      signal.throwIfAborted();
      if (performance.now() > until) {
        const { message } = readTypedError(error);
        progress({ ...step, done: true, error: message });
        throw silent(name, message, await logTail(engine, container.Id));
      }
    }
    await sleep(pause, undefined, { signal });
  }
}

async function failed(engine: EngineApi, name: string, container: Container): Promise<Error> {
  const log = await logTail(engine, container.Id);
  return driverError({
    code: Code.FailedPrecondition,
    reason: "BUILDKIT_EXITED",
    message: `BuildKit does not run in the container ${name}: it ${howEnded(container)}.${log && `\n${log}`}`,
    remedy: "Its log shows what to correct: the daemon's flags, its configuration, or the driver options.",
  });
}

function silent(name: string, why: string, log: string): Error {
  return driverError({
    code: Code.Unavailable,
    reason: "BUILDKIT_TIMEOUT",
    message: `BuildKit did not answer within ${limitMs / 1000} s. ${why}${log && `\n${log}`}`,
    remedy: `See its log: \`docker logs ${name}\`.`,
  });
}

/** The error for a container that was removed during the boot. */
function removed(name: string): Error {
  return driverError({
    code: Code.Aborted,
    reason: "CONTAINER_REMOVED",
    message: `The container ${name} was removed while BuildKit was starting in it.`,
    remedy: "Try again.",
  });
}
