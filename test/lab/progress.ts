const began = performance.now();

/** Print one line of progress to stderr with the seconds since the process began. */
export function say(message: string): void {
  const seconds = ((performance.now() - began) / 1000).toFixed(1).padStart(6);
  process.stderr.write(`[lab ${seconds}s] ${message}\n`);
}

/** Does a step, telling about it. */
export type Step = <T>(title: string, work: () => Promise<T>) => Promise<T>;

/** Announce a step, do it, and say how many seconds it took or that it failed. */
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
