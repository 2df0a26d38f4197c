import { Channel } from "./channel.js";

/**
 * Runs work that reports steps: yields the steps as they come, then returns or throws as the work does. A report resolves
 * when the reader asks for the next step.
 */
export async function* reporting<Step, T>(
  work: (report: (step: Step) => Promise<void>) => Promise<T>,
): AsyncGenerator<Step, T> {
  const steps = new Channel<Step>();
  const done = work((step) => steps.send(step)).finally(() => steps.close());
  done.catch(() => {}); // Awaited below, after the steps that came before it.
  yield* steps;
  return await done;
}
