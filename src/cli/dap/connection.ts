import type { Readable, Writable } from "node:stream";
import type { DebugProtocol } from "@vscode/debugprotocol";
import { readTypedError } from "../../errors/typed-error.js";
import { isJsonObject } from "../../util/is-json-object.js";
import { FrameReader, frame } from "./framing.js";

/** Answers requests of an editor, by their command. */
export type Handlers = Readonly<Record<string, (args: never) => unknown>>;

/** A connection to an editor that speaks the Debug Adapter Protocol. */
export class DapConnection {
  readonly #input: Readable;
  readonly #output: Writable;
  readonly #handlers: Handlers;
  readonly #waiting = new Map<number, (response: DebugProtocol.Response) => void>();
  #sequence = 0;
  #isClosed = false;
  /** Resolves when the editor has gone. */
  readonly gone: Promise<void>;

  constructor(input: Readable, output: Writable, handlers: Handlers) {
    this.#input = input;
    this.#output = output;
    this.#handlers = handlers;
    // An editor that has gone reads no answer.
    output.on("error", () => {});
    const reader = new FrameReader();
    this.gone = new Promise((resolve) => {
      const end = () => {
        this.close();
        resolve();
      };
      input.on("data", (bytes: Buffer) => {
        try {
          for (const message of reader.add(bytes)) this.#take(message);
        } catch {
          // What follows cannot be read either.
          input.destroy();
          end();
        }
      });
      input.on("end", end).on("error", end);
    });
  }

  /** Sends an event. */
  event(event: string, body: object = {}): void {
    this.#send({ type: "event", event, body });
  }

  /** Asks the editor for something. Rejects with what it says when it does not do it, or has gone. */
  request(command: string, args: object): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) return reject(new Error("The editor has gone."));
      const sequence = this.#send({ type: "request", command, arguments: args });
      this.#waiting.set(sequence, ({ success, message = `${command} failed.` }) =>
        success ? resolve() : reject(new Error(message)),
      );
    });
  }

  /** Ends the connection. Resolves when all that was sent is written, or the editor has gone. */
  async finish(): Promise<void> {
    if (!this.#isClosed) await new Promise<void>((resolve) => this.#output.write("", () => resolve()));
    this.close();
    this.#input.destroy();
  }

  /** Sends nothing more. */
  close(): void {
    this.#isClosed = true;
    const gone = { success: false, message: "The editor has gone." } as DebugProtocol.Response;
    for (const answer of this.#waiting.values()) answer(gone);
    this.#waiting.clear();
  }

  #take(message: unknown): void {
    if (!isJsonObject(message)) return;
    if (message.type === "request") void this.#answer(message as unknown as DebugProtocol.Request);
    if (message.type !== "response") return;
    const response = message as unknown as DebugProtocol.Response;
    this.#waiting.get(response.request_seq)?.(response);
    this.#waiting.delete(response.request_seq);
  }

  /** Requests are answered in the order of their work; editors match them by number. */
  async #answer({ seq, command, arguments: args = {} }: DebugProtocol.Request): Promise<void> {
    const answer = { type: "response", request_seq: seq, command };
    try {
      const handler = Object.hasOwn(this.#handlers, command) ? this.#handlers[command] : undefined;
      if (!handler) throw new Error(`${command} is not supported.`);
      const body = await handler(args as never);
      this.#send({ ...answer, success: true, body });
    } catch (cause) {
      const { message } = readTypedError(cause);
      const error = { id: 1, format: "{text}", variables: { text: message }, showUser: true };
      this.#send({ ...answer, success: false, message, body: { error } });
    }
  }

  #send(message: object): number {
    const seq = ++this.#sequence;
    if (!this.#isClosed) this.#output.write(frame({ seq, ...message }));
    return seq;
  }
}
