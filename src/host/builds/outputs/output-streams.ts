import { once } from "node:events";
import type { PassThrough, Readable, Writable } from "node:stream";
import { Code } from "@connectrpc/connect";
import { typedError } from "../../../errors/typed-error.js";
import { confirmedPipe } from "./confirmed-pipe.js";

/** How long a stream waits for its reader, in milliseconds. */
export const readerTimeoutMs = 60_000;

/** The outputs of one build that its client reads while BuildKit writes them. */
export class OutputStreams {
  readonly #waiting = new Map<number, PassThrough>();
  readonly #expected: ReadonlySet<number>;

  /** @param expected indexes of the outputs that will be streamed */
  constructor(expected: Iterable<number>) {
    this.#expected = new Set(expected);
  }

  /** Opens the end that BuildKit writes to. It fails when nobody reads it within {@link readerTimeoutMs}. */
  open(output: number): Writable {
    // Otherwise an output that fits into the buffer would be finished before its reader comes.
    const stream = confirmedPipe((pipe) => once(pipe, "end"));
    this.#waiting.set(output, stream);
    const timer = setTimeout(() => {
      if (!this.#waiting.delete(output)) return;
      stream.destroy(new Error(`Output ${output} was not read within ${readerTimeoutMs / 1000} s.`));
    }, readerTimeoutMs);
    stream.once("close", () => clearTimeout(timer));
    stream.on("error", () => {}); // The writer gets it too.
    return stream;
  }

  /** The end that the client reads. It can be taken once, and only while BuildKit writes the output. */
  take(output: number): Readable {
    const stream = this.#waiting.get(output);
    if (!stream) {
      const known = this.#expected.has(output);
      throw typedError({
        code: known ? Code.FailedPrecondition : Code.NotFound,
        reason: known ? "OUTPUT_NOT_READY" : "OUTPUT_UNKNOWN",
        message: known
          ? `Output ${output} is not ready, or was already read.`
          : `The build does not stream an output ${output}.`,
        remedy: known ? "Wait for its output_ready event, and read it once." : undefined,
      });
    }
    this.#waiting.delete(output);
    return stream;
  }

  /** Closes the streams that nobody has read. */
  close(): void {
    for (const stream of this.#waiting.values()) stream.destroy();
    this.#waiting.clear();
  }
}
