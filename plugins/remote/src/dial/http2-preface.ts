import type { Duplex } from "node:stream";
import { clientPreface, isServerPreface } from "slipway/driver";

/** Of what is not HTTP/2 so much is kept, to say what it is. */
const excerptBytes = 512;

/** What answered is not HTTP/2. */
export class NotHttp2 extends Error {
  constructor(
    /** The first bytes of the answer; none when the stream ended without any. */
    readonly answer: Buffer,
  ) {
    super(answer.length > 0 ? "the answer is not HTTP/2" : "the connection was closed without an answer");
  }
}

/**
 * Speaks HTTP/2 with prior knowledge as far as the server's first frame, which must be SETTINGS. Rejects with
 * {@link NotHttp2}, with the stream's error, or with the signal's reason. The stream is of no use afterwards.
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
      // The rest of it, and the end, say what it is.
      else if (answer.length >= excerptBytes) ended();
    };
    if (signal.aborted) return abort();
    signal.addEventListener("abort", abort);
    stream.on("data", read).on("end", ended).on("close", ended).on("error", fail);
    stream.write(clientPreface);
  });
}
