import { exchangePrefaces } from "./dial/http2-preface.js";
import { open } from "./dial/open.js";
import { explain } from "./explain.js";
import { answerTimeoutMs, type Target } from "./target.js";

/** Sees to it that something speaks HTTP/2 at a target. Failures are typed and say what is wrong. */
export async function probe(target: Target, signal: AbortSignal): Promise<void> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(answerTimeoutMs(target.endpoint))]);
  try {
    const stream = await open(target, limited);
    try {
      await exchangePrefaces(stream, limited);
    } finally {
      stream.on("error", () => {}).destroy();
    }
  } catch (error) {
    signal.throwIfAborted();
    throw await explain(error, target);
  }
}
