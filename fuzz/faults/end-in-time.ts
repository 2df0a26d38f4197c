import { setTimeout as sleep } from "node:timers/promises";
import { settlesWithin } from "../../src/util/settles-within.js";
import { cuts } from "./fault.js";
import type { Injected } from "./link.js";

/** How a piece of work must end. */
export interface EndOptions {
  /** The faults that were injected; the list may still grow. */
  injected: readonly Injected[];
  /** Cancels the work. */
  cancel(): Promise<unknown>;
  /**
   * Whether a cut ends the work: the peer is gone. Other faults leave a peer that may answer one day, so they do not, nor
   * does the cut of one connection while the work may go on over another one.
   */
  cutsEnd(): boolean;
  /** How long the work may run before it is cancelled, in milliseconds. */
  patienceMs: number;
  /** How long it may take to end after a cut or its cancellation, in milliseconds. */
  boundMs: number;
}

/** Waits for the end of the work, which never rejects. Returns what is wrong with its time; undefined if nothing is. */
export async function endInTime(work: Promise<unknown>, options: EndOptions): Promise<string | undefined> {
  const { injected, cancel, cutsEnd, patienceMs, boundMs } = options;
  if (await settlesWithin(patienceMs, work)) return undefined;
  const cut = injected.find(({ kind }) => cuts.has(kind));
  if (cut && cutsEnd() && injected.every(({ kind }) => cuts.has(kind) || kind === "delay")) {
    if (await settlesWithin(Math.max(0, cut.time + boundMs - Date.now()), work)) return undefined;
    return `it had not ended ${boundMs} ms after the fault ${cut.kind}`;
  }
  await Promise.race([cancel(), sleep(boundMs)]);
  if (await settlesWithin(boundMs, work)) return undefined;
  return `it had not ended ${boundMs} ms after it was cancelled`;
}
