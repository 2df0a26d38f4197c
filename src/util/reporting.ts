/** Does work that reports steps: yields them as they come, and returns or throws as the work does. */
export async function* reporting<Step, T>(
  work: (report: (step: Step) => void) => Promise<T>,
): AsyncGenerator<Step, T> {
  const queue: Step[] = [];
  let wake = () => {};
  let running = true;
  const done = work((step) => {
    queue.push(step);
    wake();
  }).finally(() => {
    running = false;
    wake();
  });
  done.catch(() => {}); // Awaited below, after what was reported before it.
  while (running || queue.length > 0) {
    if (queue.length > 0) yield queue.shift()!;
    else await new Promise<void>((resolve) => (wake = resolve));
  }
  return await done;
}
