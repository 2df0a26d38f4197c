const began = performance.now();

/** Print one line of progress to stderr with the seconds since the process started. */
export function say(message: string): void {
  const seconds = ((performance.now() - began) / 1000).toFixed(1).padStart(6);
  process.stderr.write(`[lab ${seconds}s] ${message}\n`);
}

/** Runs a step and prints its progress. */
export type Step = <T>(title: string, work: () => Promise<T>) => Promise<T>;

/** Announce a step, run it, and print its duration and whether it failed. */
export async function step<T>(title: string, work: () => Promise<T>): Promise<T> {
  const start = performance.now();
  const seconds = () => `${((performance.now() - start) / 1000).toFixed(1)} s`;
  say(`${title} …`);
  try {
    const result = await work();
    say(`${title}: done in ${seconds()}`);
    return result;
  } catch (error) {
    say(`${title}: failed after ${seconds()}`);
    throw error;
  }
}
