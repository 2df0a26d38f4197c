import { withTimeout } from "slipway/driver";
import { exchangePrefaces } from "./dial/http2-preface.js";
import { open } from "./dial/open.js";
import { explain } from "./explain.js";
import { answerTimeoutMs, type Target } from "./target.js";

/** Sees to it that something speaks HTTP/2 at a target. Failures are typed and say what is wrong. */
export async function probe(target: Target, signal: AbortSignal): Promise<void> {
  try {
    await withTimeout(answerTimeoutMs(target.endpoint), signal, (limited) => meet(target, limited));
  } catch (error) {
    signal.throwIfAborted();
    throw await explain(error, target);
  }
}

async function meet(target: Target, signal: AbortSignal): Promise<void> {
  const stream = await open(target, signal);
  try {
    await exchangePrefaces(stream, signal);
  } finally {
    stream.on("error", () => {}).destroy();
  }
}
