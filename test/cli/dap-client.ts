import { spawn } from "node:child_process";
import { once } from "node:events";
import type { DebugProtocol } from "@vscode/debugprotocol";
import { expect, onTestFinished } from "vitest";
import { FrameReader, frame } from "../../src/cli/dap/framing.js";
import { cli } from "../host/host.js";

/** An editor that debugs a build. */
export class DapClient {
  /** Resolves with the exit code of the adapter. */
  readonly ended: Promise<number | null>;
  readonly #send: (message: object) => void;
  readonly #messages: DebugProtocol.ProtocolMessage[] = [];
  readonly #taken = new Set<DebugProtocol.ProtocolMessage>();
  #log = "";
  #seq = 0;

  /** Starts the adapter; it is killed when the test ends. */
  constructor(args: readonly string[], env: NodeJS.ProcessEnv) {
    const child = spawn(process.execPath, [cli, "dap", "build", ...args], { env, stdio: "pipe" });
    onTestFinished(() => {
      child.kill("SIGKILL");
    });
    this.ended = once(child, "close").then(([code]) => code);
    this.#send = (message) => child.stdin.write(frame(message));
    child.stdin.on("error", () => {});
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#log += text;
    });
    const reader = new FrameReader();
    child.stdout.on("data", (bytes: Buffer) =>
      this.#messages.push(...(reader.add(bytes) as DebugProtocol.ProtocolMessage[])),
    );
  }

  /** What it printed in the editor's console. */
  get console(): string {
    const outputs = this.#messages.filter(isEvent("output")) as DebugProtocol.OutputEvent[];
    return outputs.map(({ body }) => body.output).join("");
  }

  /** Sends a request, and returns the body of its answer. Throws what the adapter says when it refuses it. */
  // biome-ignore lint/suspicious/noExplicitAny: the tests compare it
  async request(command: string, args: object = {}): Promise<any> {
    const seq = ++this.#seq;
    this.#send({ seq, type: "request", command, arguments: args });
    const isAnswer = (message: DebugProtocol.ProtocolMessage) =>
      message.type === "response" && (message as DebugProtocol.Response).request_seq === seq;
    const response = (await this.#next(command, isAnswer)) as DebugProtocol.Response;
    if (!response.success) throw new Error(response.message);
    return response.body;
  }

  /** The body of the next event of a kind. */
  // biome-ignore lint/suspicious/noExplicitAny: the tests compare it
  async event(name: string): Promise<any> {
    return ((await this.#next(name, isEvent(name))) as DebugProtocol.Event).body;
  }

  /** The next request of the adapter, which is done. */
  async reverse(command: string): Promise<DebugProtocol.Request> {
    const isIt = (message: DebugProtocol.ProtocolMessage) =>
      message.type === "request" && (message as DebugProtocol.Request).command === command;
    const request = (await this.#next(command, isIt)) as DebugProtocol.Request;
    this.#send({ seq: ++this.#seq, type: "response", request_seq: request.seq, command, success: true });
    return request;
  }

  async #next(
    what: string,
    isIt: (message: DebugProtocol.ProtocolMessage) => boolean,
  ): Promise<DebugProtocol.ProtocolMessage> {
    const find = () => this.#messages.find((message) => !this.#taken.has(message) && isIt(message));
    await expect
      .poll(() => find() !== undefined || `no ${what}: ${this.#log}${this.console}`, { timeout: 60_000 })
      .toBe(true);
    const message = find()!;
    this.#taken.add(message);
    return message;
  }
}

const isEvent = (name: string) => (message: DebugProtocol.ProtocolMessage) =>
  message.type === "event" && (message as DebugProtocol.Event).event === name;
