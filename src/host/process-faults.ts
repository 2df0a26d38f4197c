import { newIncident, stackOf } from "./base/incident.js";
import type { Log } from "./base/log.js";

/**
 * Logs the faults of this process that nothing has handled, each with an incident number and its stack. The host goes on
 * after a rejected promise, which concerns the work that awaited it; an uncaught exception ends the process with code 1,
 * because the state of what it interrupted is unknown. Returns the function that ends this.
 */
export function logProcessFaults(log: Log): () => void {
  const onRejection = (cause: unknown) => {
    log.error("A promise was rejected and nothing handled it", {
      incident: newIncident(),
      error: stackOf(cause),
    });
  };
  const onCrash = (error: unknown) => {
    log.error("The host crashed", { incident: newIncident(), error: stackOf(error) });
  };
  process.on("unhandledRejection", onRejection);
  // It only observes: Node then ends the process, and with it the plugins.
  process.on("uncaughtExceptionMonitor", onCrash);
  return () => {
    process.off("unhandledRejection", onRejection);
    process.off("uncaughtExceptionMonitor", onCrash);
  };
}
