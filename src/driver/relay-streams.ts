import { setMaxListeners } from "node:events";
import type { Duplex } from "node:stream";

/** Opens a stream; the signal covers only the opening. */
export type OpenStream = (signal: AbortSignal) => Promise<Duplex>;

const never = new AbortController().signal;

/** How long a stream that was opened as a probe waits for a connection, in milliseconds. */
const claimMs = 10_000;

/**
 * Streams to one server, which the host reaches through this process. Owns them. The first one can be opened in advance, to
 * see whether the server can be reached; the next connection gets it.
 */
export class RelayStreams {
  readonly #ended = new AbortController();
  readonly #open = new Set<Duplex>();
  #probe: { stream: Duplex; timer: NodeJS.Timeout } | undefined;

  constructor(private open?: OpenStream) {
    // Every stream that is being opened listens.
    setMaxListeners(0, this.#ended.signal);
  }

  /** Connections are opened in this way from now on. */
  use(open: OpenStream): void {
    this.#dropProbe();
    this.open = open;
  }

  /** Opens the stream that the next {@link connect} returns. Rejects with what the driver throws. */
  async probe(signal: AbortSignal = never): Promise<Duplex> {
    const stream = await this.#openStream(signal);
    this.#dropProbe();
    this.#probe = { stream, timer: setTimeout(() => this.#dropProbe(), claimMs) };
    return stream;
  }

  /** Opens a stream. Rejects with what the driver throws. */
  async connect(signal: AbortSignal): Promise<Duplex> {
    const probe = this.#probe;
    this.#probe = undefined;
    clearTimeout(probe?.timer);
    return probe && !probe.stream.destroyed ? probe.stream : this.#openStream(signal);
  }

  /** Destroys all streams; none can be opened any more. */
  end(): void {
    this.#ended.abort();
    this.#dropProbe();
    for (const stream of this.#open) stream.destroy();
  }

  /**
   * The driver's signal follows the others only until the stream is open: streams that are bound to a signal would
   * otherwise end with the call.
   */
  async #openStream(signal: AbortSignal): Promise<Duplex> {
    const opening = new AbortController();
    const signals = [signal, this.#ended.signal];
    const leave = () => opening.abort();
    for (const each of signals) {
      each.throwIfAborted();
      each.addEventListener("abort", leave);
    }
    try {
      const stream = await this.open!(opening.signal);
      if (opening.signal.aborted) stream.destroy();
      opening.signal.throwIfAborted();
      if (stream.errored) throw stream.errored;
      this.#open.add(stream);
      stream.on("error", () => {}).once("close", () => this.#open.delete(stream));
      return stream;
    } finally {
      for (const each of signals) each.removeEventListener("abort", leave);
    }
  }

  #dropProbe(): void {
    clearTimeout(this.#probe?.timer);
    this.#probe?.stream.destroy();
    this.#probe = undefined;
  }
}
