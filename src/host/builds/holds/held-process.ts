import { randomUUID } from "node:crypto";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { typedError } from "../../../errors/typed-error.js";
import type {
  ExecMessage,
  ExecMessageSchema,
  ExitMessage,
  InitMessageSchema,
} from "../../../gen/moby/buildkit/v1/frontend/gateway_pb.js";
import { LogStream } from "../../../gen/slipway/build/v1/build_progress_pb.js";
import type { StartProcessResponseSchema, TerminalSize } from "../../../gen/slipway/v1/debug_pb.js";
import { Channel } from "../../../util/channel.js";
import { withPeriod } from "../../../util/with-period.js";
import type { Gateway } from "../gateway.js";

type Input = MessageInitShape<typeof ExecMessageSchema>["input"];

/** An event of a process, for the client that started it. */
export type ProcessEvent = NonNullable<MessageInitShape<typeof StartProcessResponseSchema>["event"]>;

/** A process in a container of a held build. */
export class HeldProcess {
  readonly id = randomUUID().replaceAll("-", "");
  /** Id of its container. */
  readonly container: string;
  readonly #gateway: Gateway;
  readonly #input = new Channel<MessageInitShape<typeof ExecMessageSchema>>();
  readonly #abort = new AbortController();
  #hasInput: boolean;

  /** @param init what starts it, in a container that is there */
  constructor(gateway: Gateway, init: MessageInitShape<typeof InitMessageSchema> & { containerId: string }) {
    this.#gateway = gateway;
    this.container = init.containerId;
    this.#hasInput = init.fds?.includes(0) ?? false;
    void this.send({ case: "init", value: init });
  }

  /** Writes to its stdin, if it has one. Resolves as {@link send}. */
  async write(data: Uint8Array, end: boolean): Promise<void> {
    if (!this.#hasInput) return;
    if (end) this.#hasInput = false;
    await this.send({ case: "file", value: { fd: 0, data, eof: end } });
  }

  /** Sends input, a signal or a size. Resolves when BuildKit has taken it, or the process has ended. */
  send(input: Input): Promise<void> {
    return this.#input.send({ processId: this.id, input });
  }

  /** Changes the size of its terminal. */
  resize({ rows, columns }: TerminalSize): Promise<void> {
    return this.send({ case: "resize", value: { rows, cols: columns } });
  }

  /** Ends the process; its events end with an error. */
  kill(): void {
    this.#abort.abort(new ConnectError("The process was killed.", Code.Canceled));
  }

  /** Starts it. Killed when the events are not read to their end. */
  async *events(terminal: TerminalSize | undefined): AsyncGenerator<ProcessEvent> {
    const { bridge, options } = this.#gateway;
    const signal = AbortSignal.any([this.#abort.signal, ...(options.signal ? [options.signal] : [])]);
    let isStarted = false;
    let exit: ExitMessage | undefined;
    try {
      for await (const { input } of bridge.execProcess(this.#input, { ...options, signal })) {
        if (input.case === "started") {
          isStarted = true;
          if (terminal) void this.resize(terminal);
          yield { case: "started", value: { processId: this.id } };
        } else if (input.case === "file" && input.value.data.length > 0) yield output(input.value);
        else if (input.case === "exit") {
          exit = input.value;
          // BuildKit ends the stream when the stdin is closed.
          void this.write(new Uint8Array(), true);
        } else if (input.case === "done") this.#input.close();
      }
    } catch (cause) {
      if (signal.aborted) throw cause;
      if (!isStarted) throw notStarted(ConnectError.from(cause).rawMessage);
      // BuildKit cannot take what was written when the process had just ended.
      if (!exit) throw cause;
    } finally {
      this.#input.close();
      this.kill();
    }
    yield exited(exit);
  }
}

function output({ fd, data }: Extract<ExecMessage["input"], { case: "file" }>["value"]): ProcessEvent {
  const stream = fd === 2 ? LogStream.STDERR : LogStream.STDOUT;
  return { case: "output", value: { stream, data } };
}

/** BuildKit reports an exit code other than 0 as an error, too. */
function exited(exit: ExitMessage | undefined): ProcessEvent {
  const message = exit?.error?.message ?? "";
  const error = /exit code: \d+$/.test(message) || !message ? "" : withPeriod(message);
  return { case: "exited", value: { exitCode: exit?.code ?? 0, error } };
}

/** FAILED_PRECONDITION, reason PROCESS_NOT_STARTED. */
export function notStarted(why: string): ConnectError {
  return typedError({
    code: Code.FailedPrecondition,
    reason: "PROCESS_NOT_STARTED",
    message: withPeriod(`BuildKit cannot start the process: ${why}`),
  });
}
