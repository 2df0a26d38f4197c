import type { PassThrough, Writable } from "node:stream";
import { pipeInto } from "../../../util/close-sink.js";
import { confirmedPipe } from "../outputs/confirmed-pipe.js";

/** Merges several streams into one. */
export type Merge = (streams: readonly AsyncIterable<Uint8Array>[]) => AsyncIterable<Uint8Array>;

/**
 * One output stream merged from those that several nodes send. A node that is read later is held back by flow control:
 * nothing is stored. A node's stream finishes when the merged one has, so that no node succeeds with an output that is
 * lost.
 */
export class MergedStream {
  readonly #merge: Merge;
  readonly #open: () => Promise<Writable> | Writable;
  readonly #streams: PassThrough[];
  readonly #started = new Set<number>();
  #done: Promise<void> | undefined;

  /** @param open opens what the merged stream is written to, when the first node sends something */
  constructor(nodes: number, merge: Merge, open: () => Promise<Writable> | Writable) {
    this.#merge = merge;
    this.#open = open;
    this.#streams = Array.from({ length: nodes }, () => confirmedPipe(() => this.#done!));
    // Writers and readers receive the same error.
    for (const stream of this.#streams) stream.on("error", () => {});
  }

  /** The end that a node writes to. */
  begin(node: number): Writable {
    this.#started.add(node);
    if (!this.#done) {
      this.#done = this.#run();
      this.#done.catch(() => {}); // The nodes' streams fail with it.
    }
    return this.#streams[node]!;
  }

  /** Notes that a node has built. When it has sent nothing, the stream fails, so that no other node waits for it. */
  ended(node: number): void {
    if (!this.#started.has(node)) this.#abort(new Error("one of the nodes sent no output"));
  }

  /** Aborts. Resolves when what the merged stream was written to is closed. */
  async destroy(reason: Error): Promise<void> {
    this.#abort(reason);
    await this.#done?.catch(() => {});
  }

  #abort(reason: Error): void {
    for (const stream of this.#streams) stream.destroy(reason);
  }

  async #run(): Promise<void> {
    try {
      // The end of iteration must not close a stream: until everything is written, its node waits.
      const iterators = this.#streams.map((stream) => stream.iterator({ destroyOnReturn: false }));
      await pipeInto(this.#merge(iterators), await this.#open());
    } catch (cause) {
      this.#abort(cause as Error);
      throw cause;
    }
  }
}
