import { Duplex } from "node:stream";
import { WebSocket } from "ws";
import { readStatus } from "../cluster/api.js";

/** The version with half-closes, and the one before it, which Kubernetes before 1.30 speaks. */
export const execProtocols = ["v5.channel.k8s.io", "v4.channel.k8s.io"];
const [withHalfClose] = execProtocols;

/** First byte of each message: which stream it belongs to. */
const channel = { stdin: 0, stdout: 1, stderr: 2, status: 3, close: 255 };
const stdinMark = Buffer.from([channel.stdin]);
/** Most of stdin in one message, in bytes; the API server reads each into memory. */
const maxInputBytes = 512 << 10;
/** Of what the command says of itself so much is kept. */
const maxStderrBytes = 4096;
/** How often the connection is proved to be alive, and how long it may be silent, in milliseconds. */
const pingMs = 10_000;
const silentMs = 45_000;

/** How a command in a pod, or the connection to it, ended when it should not have. */
export class ExecEnded extends Error {}

/**
 * Standard input and output of a command in a pod, over an open WebSocket, as a stream: with back-pressure in both
 * directions, and with all that was written before the end. The stream ends when the command ends with success.
 */
export class ExecStream extends Duplex {
  /** Asked why when the connection breaks; it knows more than the connection does. */
  explain: () => Promise<string | undefined> = async () => undefined;
  readonly #socket: WebSocket;
  #open = false;
  #stderr = "";
  #status: string | undefined;
  #heard = Date.now();
  readonly #pings: NodeJS.Timeout;

  constructor(socket: WebSocket) {
    super({ allowHalfOpen: true, writableHighWaterMark: maxInputBytes, readableHighWaterMark: 256 << 10 });
    this.#socket = socket;
    socket.binaryType = "nodebuffer";
    socket.on("message", (message: Buffer) => this.#receive(message));
    socket.on("pong", () => {
      this.#heard = Date.now();
    });
    // A broken connection is closed next, which has more to say; one that was never open is not.
    socket.on("error", (error) => {
      if (!this.#open) this.destroy(error);
    });
    socket.once("open", () => {
      this.#open = true;
    });
    socket.on("close", (code, reason) => void this.#closed(code, reason.toString()));
    this.#pings = setInterval(() => this.#prove(), pingMs);
  }

  override _read(): void {
    if (this.#socket.isPaused) this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#sendInput([chunk], done);
  }

  /** What has gathered while the socket was busy goes as one message: every one costs the API server the same. */
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
      const message = Buffer.concat([stdinMark, input.subarray(start, end)]);
      // It calls back when the message has left the process.
      this.#send(message, end === input.length ? done : undefined);
    }
    if (input.length === 0) done();
  }

  override _final(done: (error?: Error | null) => void): void {
    if (this.#socket.protocol === withHalfClose)
      this.#send(Buffer.from([channel.close, channel.stdin]), done);
    // Without half-closes the command does not learn that its input has ended, so it is ended.
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
    // Its end says why it is gone, so a write that comes late is not an error of its own.
    if (this.#socket.readyState !== WebSocket.OPEN) done();
    else this.#socket.send(message, { binary: true, compress: false }, () => done());
  }

  #receive(message: Buffer): void {
    this.#heard = Date.now();
    const content = message.subarray(1);
    switch (message[0]) {
      case channel.stdout:
        if (content.length > 0 && !this.push(content)) this.#socket.pause();
        break;
      case channel.stderr:
        this.#stderr = (this.#stderr + content.toString()).slice(-maxStderrBytes);
        break;
      case channel.status:
        this.#status = (this.#status ?? "") + content.toString();
        break;
    }
  }

  async #closed(code: number, reason: string): Promise<void> {
    if (this.destroyed) return;
    const status = this.#status === undefined ? undefined : readStatus(this.#status);
    if (status?.status === "Success" || (this.writableEnded && this.#socket.protocol !== withHalfClose)) {
      this.push(null);
      return;
    }
    const how = status?.message || reason || `the connection was closed (${code})`;
    const said = this.#stderr.trim();
    const why = await this.explain();
    this.destroy(new ExecEnded(why ?? (said ? `${said} (${how})` : how)));
  }

  #prove(): void {
    // Nothing is heard while nothing is read.
    if (this.#socket.isPaused) this.#heard = Date.now();
    if (Date.now() - this.#heard > silentMs)
      this.destroy(new ExecEnded(`the API server has been silent for ${silentMs / 1000} s`));
    else if (this.#socket.readyState === WebSocket.OPEN) this.#socket.ping();
  }
}
