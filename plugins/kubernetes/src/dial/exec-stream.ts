import { Duplex } from "node:stream";
import { WebSocket } from "ws";
import { readStatus } from "../cluster/read-status.js";

/** The protocol with half-closes, and the one before it, for Kubernetes before 1.30. */
export const execProtocols = ["v5.channel.k8s.io", "v4.channel.k8s.io"];
const [withHalfClose] = execProtocols;

/** First byte of each message: its stream. */
const channel = { stdin: 0, stdout: 1, stderr: 2, status: 3, close: 255 };
const stdinHeader = Buffer.from([channel.stdin]);
/** Most of stdin in one message, in bytes; the API server reads each into memory. */
const maxInputBytes = 512 << 10;
/** The end of stderr is kept, in characters, to explain a failure. */
const maxStderrLength = 4096;
/** Interval of pings, in milliseconds. */
const pingMs = 10_000;
/** How long the connection may be silent, in milliseconds. */
const maxSilenceMs = 45_000;

/** A command in a pod failed, or the connection to it broke. */
class ExecEnded extends Error {}

/**
 * Standard input and output of a command in a pod, over a WebSocket, as a stream with back-pressure in both directions.
 * All output arrives before the end. The stream ends when the command succeeds, and has an error otherwise.
 */
export class ExecStream extends Duplex {
  /** Called when the output ends before the input, for a better reason than the connection has. */
  explain: () => Promise<string | undefined> = async () => undefined;
  readonly #socket: WebSocket;
  #open = false;
  #stderr = "";
  #status: string | undefined;
  #receivedAt = performance.now();
  readonly #pings: NodeJS.Timeout;

  constructor(socket: WebSocket) {
    super({ allowHalfOpen: true, writableHighWaterMark: maxInputBytes, readableHighWaterMark: 256 << 10 });
    this.#socket = socket;
    socket.binaryType = "nodebuffer";
    socket.on("message", (message: Buffer) => this.#receive(message));
    socket.on("pong", () => {
      this.#receivedAt = performance.now();
    });
    // After an error of an open connection the close event has the reason; one that was never open has no close event.
    socket.on("error", (error) => {
      if (!this.#open) this.destroy(error);
    });
    socket.once("open", () => {
      this.#open = true;
    });
    socket.on("close", (code, reason) => void this.#closed(code, reason.toString()));
    this.#pings = setInterval(() => this.#ping(), pingMs);
  }

  override _read(): void {
    if (this.#socket.isPaused) this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#sendInput([chunk], done);
  }

  /** Sends the chunks queued while the socket was busy as one message, since each message costs the API server the same. */
  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this.#sendInput(
      chunks.map(({ chunk }) => chunk),
      done,
    );
  }

  #sendInput(chunks: Buffer[], done: (error?: Error | null) => void): void {
    const input = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
    for (let start = 0; start < input.length; start += maxInputBytes) {
      const end = Math.min(start + maxInputBytes, input.length);
      const message = Buffer.concat([stdinHeader, input.subarray(start, end)]);
      // Calls back when the message has left the process.
      this.#send(message, end === input.length ? done : undefined);
    }
    if (input.length === 0) done();
  }

  override _final(done: (error?: Error | null) => void): void {
    if (this.#socket.protocol === withHalfClose)
      this.#send(Buffer.from([channel.close, channel.stdin]), done);
    // Without half-closes the command cannot see the end of its input, so the connection is closed.
    else {
      this.#socket.close();
      done();
    }
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    clearInterval(this.#pings);
    this.#socket.terminate();
    done(error);
  }

  #send(message: Buffer, done: (error?: Error | null) => void = () => {}): void {
    // The stream's end has the reason, so a late write is not an error.
    if (this.#socket.readyState !== WebSocket.OPEN) done();
    else this.#socket.send(message, { binary: true, compress: false }, () => done());
  }

  #receive(message: Buffer): void {
    this.#receivedAt = performance.now();
    const content = message.subarray(1);
    switch (message[0]) {
      case channel.stdout:
        if (content.length > 0 && !this.push(content)) this.#socket.pause();
        break;
      case channel.stderr:
        this.#stderr = (this.#stderr + content.toString()).slice(-maxStderrLength);
        break;
      case channel.status:
        this.#status = (this.#status ?? "") + content.toString();
        break;
    }
  }

  async #closed(code: number, reason: string): Promise<void> {
    if (this.destroyed) return;
    const status = this.#status === undefined ? undefined : readStatus(this.#status);
    const succeeded = status?.status === "Success";
    if (this.writableEnded && (succeeded || this.#socket.protocol !== withHalfClose)) {
      this.push(null);
      return;
    }
    const how = status?.message || reason || `the connection was closed (${code})`;
    const stderr = this.#stderr.trim();
    // When the daemon is killed, `buildctl dial-stdio` succeeds if it sees the end of its connection before it dies too.
    const why = await this.explain();
    if (succeeded && !why) this.push(null);
    else this.destroy(new ExecEnded(why ?? (stderr ? `${stderr} (${how})` : how)));
  }

  #ping(): void {
    // A paused socket receives nothing.
    if (this.#socket.isPaused) this.#receivedAt = performance.now();
    if (performance.now() - this.#receivedAt > maxSilenceMs)
      this.destroy(new ExecEnded(`the API server has been silent for ${maxSilenceMs / 1000} s`));
    else if (this.#socket.readyState === WebSocket.OPEN) this.#socket.ping();
  }
}
