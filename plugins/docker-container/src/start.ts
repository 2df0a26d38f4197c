import { Code, driverError, type Progress, withPeriod } from "slipway/driver";
import type { EngineApi } from "../../engine/src/api.js";
import { answerOf } from "../../engine/src/explain-answer.js";
import { statusOf } from "./container.js";

/** Starts a container; a running one is not an error. */
export async function start(
  engine: EngineApi,
  name: string,
  { progress }: { progress(step: Progress): void },
): Promise<void> {
  const step = { id: "start", name: `Starting container ${name}` };
  progress(step);
  const docker = await engine.docker();
  try {
    await docker.getContainer(name).start();
  } catch (error) {
    const status = statusOf(error);
    if (status === undefined) throw error;
    if (status !== 304) {
      const why = answerOf(error as Error);
      progress({ ...step, done: true, error: why });
      throw cannotStart(name, why);
    }
  }
  progress({ ...step, done: true });
}

function cannotStart(name: string, why: string): Error {
  return driverError({
    code: Code.FailedPrecondition,
    reason: "CONTAINER_START_FAILED",
    message: withPeriod(`The Docker Engine cannot start the container ${name}: ${why}`),
    remedy:
      "BuildKit needs a privileged container: use an Engine that can start one, and check the driver options.",
  });
}
