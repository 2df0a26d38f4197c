/** Runs that confirm a slow one. */
const confirmations = 20;
/** A run below is not repeated. */
const quickMs = 5;

/**
 * CPU time of some work in this process, in milliseconds: after a slow run the least of several, since other threads,
 * the compiler and the garbage collector count too.
 */
export async function leastCpuMs(run: () => Promise<unknown>): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i <= confirmations && least >= quickMs; i += 1) {
    const begin = process.cpuUsage();
    await run();
    const { user, system } = process.cpuUsage(begin);
    least = Math.min(least, (user + system) / 1000);
  }
  return least;
}
