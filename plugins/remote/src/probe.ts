import { withTimeout } from "slipway/driver";
import { exchangePrefaces } from "./dial/http2-preface.js";
import { open } from "./dial/open.js";
import { explain } from "./explain.js";
import { answerTimeoutMs, type Target } from "./target.js";

/** Checks that a target speaks HTTP/2. Failures are typed. */
export async function probe(target: Target, signal: AbortSignal): Promise<void> {
  try {
    await withTimeout(answerTimeoutMs(target.endpoint), signal, (limited) => exchange(target, limited));
  } catch (error) {
    signal.throwIfAborted();
    throw await explain(error, target);
  }
}

async function exchange(target: Target, signal: AbortSignal): Promise<void> {
  const stream = await open(target, signal);
  try {
    await exchangePrefaces(stream, signal);
  } finally {
    stream.on("error", () => {}).destroy();
  }
}
