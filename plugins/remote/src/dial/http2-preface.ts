import type { Duplex } from "node:stream";
import { clientPreface, isServerPreface } from "slipway/driver";

/** Most bytes kept of an answer that is not HTTP/2, to explain it. */
const excerptBytes = 512;

/** The answer is not HTTP/2. */
export class NotHttp2 extends Error {
  constructor(
    /** The first bytes of the answer; empty when the stream ended without any. */
    readonly answer: Buffer,
  ) {
    super(answer.length > 0 ? "the answer is not HTTP/2" : "the connection was closed without an answer");
  }
}

/**
 * Sends the HTTP/2 client preface and waits for the server's first frame, which must be SETTINGS. Rejects with
 * {@link NotHttp2}, with the stream's error, or with the signal's reason. The stream cannot be used afterwards.
 */
export function exchangePrefaces(stream: Duplex, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    let answer = Buffer.alloc(0);
    const end = (settle: () => void) => {
      signal.removeEventListener("abort", abort);
      stream.off("data", read).off("end", ended).off("close", ended).off("error", fail);
      settle();
    };
    const abort = () => end(() => reject(signal.reason));
    const fail = (error: Error) => end(() => reject(answer.length > 0 ? new NotHttp2(answer) : error));
    const ended = () => end(() => reject(new NotHttp2(answer)));
    const read = (chunk: Buffer) => {
      answer = Buffer.concat([answer, chunk.subarray(0, excerptBytes)]);
      if (isServerPreface(answer)) end(resolve);
      // Collects enough of the answer to explain it.
      else if (answer.length >= excerptBytes) ended();
    };
    if (signal.aborted) return abort();
    signal.addEventListener("abort", abort);
    stream.on("data", read).on("end", ended).on("close", ended).on("error", fail);
    stream.write(clientPreface);
  });
}
