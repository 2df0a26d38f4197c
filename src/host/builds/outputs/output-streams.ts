import { once } from "node:events";
import type { PassThrough, Readable, Writable } from "node:stream";
import { Code, type ConnectError } from "@connectrpc/connect";
import { typedError } from "../../../errors/typed-error.js";
import { confirmedPipe } from "./confirmed-pipe.js";

/** How long a stream waits for its reader, in milliseconds. */
export const readerTimeoutMs = 60_000;

/** How long a reader may take for what it has before it takes more, in milliseconds. */
export const stalledReaderMs = 10 * 60_000;

/** The outputs of one build that its client reads while BuildKit writes them. */
export class OutputStreams {
  readonly #waiting = new Map<number, PassThrough>();
  readonly #expected: ReadonlySet<number>;

  /** @param expected indexes of the outputs that will be streamed */
  constructor(expected: Iterable<number>) {
    this.#expected = new Set(expected);
  }

  /**
   * Opens the end that BuildKit writes to. It fails when nobody reads it within {@link readerTimeoutMs}, and when its
   * reader stalls for {@link stalledReaderMs}: a client must not hold its build forever.
   */
  open(output: number): Writable {
    // Otherwise an output that fits into the buffer would be finished before its reader comes.
    const stream = confirmedPipe((pipe) => once(pipe, "end"));
    this.#waiting.set(output, stream);
    const timer = setTimeout(() => {
      if (this.#waiting.delete(output)) stream.destroy(notRead(output, "within", readerTimeoutMs));
    }, readerTimeoutMs);
    stream.once("close", () => clearTimeout(timer));
    stream.on("error", () => {}); // The writer gets it too.
    return stream;
  }

  /** The end that the client reads. It can be taken once, and only while BuildKit writes the output. */
  take(output: number): OutputReader {
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
    return {
      chunks: chunksOf(stream, output),
      leave: () => stream.destroy(new Error("The reader of the output disconnected.")),
    };
  }

  /** Closes the streams that nobody has read. */
  close(): void {
    for (const stream of this.#waiting.values()) stream.destroy();
    this.#waiting.clear();
  }
}

/** The end of an output that its client reads. */
export interface OutputReader {
  chunks: AsyncIterable<Uint8Array>;
  /** Ends the build: the reader has gone. */
  leave(): void;
}

async function* chunksOf(stream: Readable, output: number): AsyncGenerator<Uint8Array> {
  let timer: NodeJS.Timeout | undefined;
  try {
    for await (const chunk of stream) {
      timer = setTimeout(() => stream.destroy(notRead(output, "for", stalledReaderMs)), stalledReaderMs);
      yield chunk;
      clearTimeout(timer);
    }
  } catch (cause) {
    throw incomplete(output, cause);
  } finally {
    clearTimeout(timer);
  }
}

function incomplete(output: number, cause: unknown): ConnectError {
  const error = typedError({
    code: Code.Aborted,
    reason: "OUTPUT_INCOMPLETE",
    message: `Output ${output} ended before it was complete.`,
    remedy: "Watch the build, or call GetBuild: its error says why.",
  });
  error.cause = cause;
  return error;
}

function notRead(output: number, how: string, ms: number): Error {
  return new Error(`Output ${output} was not read ${how} ${ms / 1000} s.`);
}
