import { setTimeout as sleep } from "node:timers/promises";
import type { StatusResponse } from "../../gen/moby/buildkit/v1/control_pb.js";

/** How long a message waits for the following ones, in milliseconds. */
const windowMs = 50;
/** A message with more entries than this waits for no other. */
const maxEntries = 100;
/** Most output in a message that was merged, in bytes: limits of output apply to whole messages. */
const maxOutput = 16 * 1024;

/** The lists of a message, in the order in which a reader applies them. */
const lists = ["vertexes", "statuses", "logs", "warnings"] as const;

/**
 * Merges progress that BuildKit reports in quick succession, so that a small build has a few events and not dozens: each
 * costs host and client more than its content. No entry changes its place: a message whose entries a reader would apply
 * before those that were reported earlier starts a new one.
 */
export async function* mergeStatuses(source: AsyncIterable<StatusResponse>): AsyncGenerator<StatusResponse> {
  const messages = source[Symbol.asyncIterator]();
  const read = () => {
    const next = messages.next();
    // Whoever awaits it gets the error; nobody does after an early return.
    next.catch(() => {});
    return next;
  };
  let next = read();
  try {
    for (;;) {
      const first = await next;
      if (first.done) return;
      const merged = first.value;
      next = read();
      const over = new AbortController();
      const late = sleep(windowMs, undefined, { signal: over.signal }).catch(() => undefined);
      try {
        while (entriesOf(merged) <= maxEntries) {
          const following = await Promise.race([next.catch(() => undefined), late]);
          if (!following || following.done || !fits(following.value, merged)) break;
          append(merged, following.value);
          next = read();
        }
      } finally {
        over.abort();
      }
      yield merged;
    }
  } finally {
    await messages.return?.();
  }
}

function entriesOf(message: StatusResponse): number {
  return lists.reduce((sum, list) => sum + message[list].length, 0);
}

/** Whether `next` can be merged: a reader then applies all of its entries after those of `message`. */
function fits(next: StatusResponse, message: StatusResponse): boolean {
  if (next.logs.length > 0 && outputOf(message) + outputOf(next) > maxOutput) return false;
  const first = lists.findIndex((list) => next[list].length > 0);
  const last = lists.findLastIndex((list) => message[list].length > 0);
  return first === -1 || first >= last;
}

function outputOf({ logs }: StatusResponse): number {
  return logs.reduce((sum, { msg }) => sum + msg.length, 0);
}

function append(message: StatusResponse, next: StatusResponse): void {
  message.vertexes.push(...next.vertexes);
  message.statuses.push(...next.statuses);
  message.logs.push(...next.logs);
  message.warnings.push(...next.warnings);
}
