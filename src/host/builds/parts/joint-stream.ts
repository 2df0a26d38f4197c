import { PassThrough, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** Makes one stream of several. */
export type Join = (streams: readonly AsyncIterable<Uint8Array>[]) => AsyncIterable<Uint8Array>;

/**
 * One output stream made of those that several nodes send. What is not its turn waits at its node: nothing is stored.
 * A node's stream finishes when the whole has, so that no node succeeds with an output that is lost.
 */
export class JointStream {
  readonly #join: Join;
  readonly #open: () => Promise<Writable> | Writable;
  readonly #streams: PassThrough[];
  readonly #begun = new Set<number>();
  #whole: Promise<void> | undefined;

  /** @param open opens what the whole goes to, when the first node sends something */
  constructor(nodes: number, join: Join, open: () => Promise<Writable> | Writable) {
    this.#join = join;
    this.#open = open;
    this.#streams = Array.from({ length: nodes }, () => this.#newStream());
  }

  /** The end that a node writes to. */
  begin(node: number): Writable {
    this.#begun.add(node);
    if (!this.#whole) {
      this.#whole = this.#run();
      this.#whole.catch(() => {}); // The nodes' streams tell it.
    }
    return this.#streams[node]!;
  }

  /** Notes that a node has done what it was asked; if it has sent nothing, the others must not wait for it. */
  ended(node: number): void {
    if (!this.#begun.has(node)) this.destroy(new Error("one of the nodes sent no output"));
  }

  /** Gives up; what the whole was written to is destroyed. */
  destroy(reason: Error): void {
    for (const stream of this.#streams) stream.destroy(reason);
  }

  async #run(): Promise<void> {
    try {
      // The end of a stream must not close it: until the whole is written, its node waits.
      const iterators = this.#streams.map((stream) => stream.iterator({ destroyOnReturn: false }));
      await pipeline(this.#join(iterators), await this.#open());
    } catch (cause) {
      this.destroy(cause as Error);
      throw cause;
    }
  }

  #newStream(): PassThrough {
    const stream = new PassThrough({
      highWaterMark: 1 << 20,
      final: (callback) => {
        stream.push(null);
        this.#whole!.then(() => callback(), callback);
      },
    });
    stream.on("error", () => {}); // Whoever writes or reads it sees it too.
    return stream;
  }
}
