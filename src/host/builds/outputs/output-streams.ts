import { once } from "node:events";
import type { PassThrough, Readable, Writable } from "node:stream";
import { Code } from "@connectrpc/connect";
import { typedError } from "../../../errors/typed-error.js";
import { confirmedPipe } from "./confirmed-pipe.js";

/** So long a reader may take to come, in milliseconds. */
export const readerTimeoutMs = 60_000;

/** Outputs of one build that its client reads while BuildKit writes them. */
export class OutputStreams {
  readonly #waiting = new Map<number, PassThrough>();
  readonly #expected: ReadonlySet<number>;

  /** @param expected indexes of the outputs that will be streamed */
  constructor(expected: Iterable<number>) {
    this.#expected = new Set(expected);
  }

  /** The end that BuildKit writes to. It fails when nobody reads it within {@link readerTimeoutMs}. */
  open(output: number): Writable {
    // What fits into the buffer would otherwise be gone before its reader comes.
    const stream = confirmedPipe((pipe) => once(pipe, "end"));
    this.#waiting.set(output, stream);
    const timer = setTimeout(() => {
      if (!this.#waiting.delete(output)) return;
      stream.destroy(new Error(`output ${output} was not read within ${readerTimeoutMs / 1000} s`));
    }, readerTimeoutMs);
    stream.once("close", () => clearTimeout(timer));
    stream.on("error", () => {}); // The writer sees it too.
    return stream;
  }

  /** The end that the client reads; each can be taken once, and only while BuildKit writes it. */
  take(output: number): Readable {
    const stream = this.#waiting.get(output);
    if (!stream) {
      const known = this.#expected.has(output);
      throw typedError({
        code: known ? Code.FailedPrecondition : Code.NotFound,
        reason: known ? "OUTPUT_NOT_READY" : "OUTPUT_UNKNOWN",
        message: known
          ? `output ${output} is not ready, or was read before`
          : `the build streams no output ${output}`,
        remedy: known ? "wait for its output_ready event, and read it once" : undefined,
      });
    }
    this.#waiting.delete(output);
    return stream;
  }

  /** Ends what nobody has read. */
  close(): void {
    for (const stream of this.#waiting.values()) stream.destroy();
    this.#waiting.clear();
  }
}
