import type { Slipway } from "../../client/slipway.js";
import { LogStream } from "../../gen/slipway/build/v1/build_progress_pb.js";
import type { ProcessExited } from "../../gen/slipway/v1/debug_pb.js";
import type { Invocation } from "./invocation.js";

/**
 * Runs a process in a build that is held, on the user's terminal or with its stdin and stdout. Resolves when it has
 * ended.
 */
export async function runProcess(
  { debug }: Pick<Slipway, "debug">,
  id: string,
  { args, environment, user, workingDirectory, terminal: wanted }: Invocation,
  signal: AbortSignal,
): Promise<ProcessExited | undefined> {
  const { stdin, stdout, stderr } = process;
  const hasTerminal = stdin.isTTY === true && stdout.isTTY === true;
  const terminal = (wanted ?? hasTerminal) ? sizeOf(stdout) : undefined;
  const request = { id, args: [...args], environment, user, workingDirectory, terminal, input: true };
  let exited: ProcessExited | undefined;
  let input: Input | undefined;
  try {
    for await (const { event } of debug.startProcess(request, { signal })) {
      if (event.case === "started") {
        const { processId } = event.value;
        input = new Input({ debug }, { id, processId }, { isRaw: terminal !== undefined && hasTerminal });
      } else if (event.case === "output") {
        const to = event.value.stream === LogStream.STDERR ? stderr : stdout;
        if (!to.write(event.value.data)) await new Promise((resolve) => to.once("drain", resolve));
      } else if (event.case === "exited") exited = event.value;
    }
  } finally {
    input?.close();
  }
  return exited;
}

const sizeOf = ({ rows, columns }: NodeJS.WriteStream) => ({ rows: rows || 24, columns: columns || 80 });

/** Sends the stdin of this process, and the size of its terminal, to one in a build. */
class Input {
  readonly #host: Pick<Slipway, "debug">;
  readonly #process: { id: string; processId: string };
  readonly #isRaw: boolean;
  #isClosed = false;
  /** The calls so far, which are made one after the other. */
  #calls: Promise<unknown> = Promise.resolve();
  readonly #onData = (data: Buffer) => this.#write({ data });
  readonly #onEnd = () => this.#write({ end: true });
  readonly #onResize = () => {
    const request = { ...this.#process, size: sizeOf(process.stdout) };
    this.#host.debug.resizeTerminal(request).catch(() => {});
  };

  constructor(
    host: Pick<Slipway, "debug">,
    process: { id: string; processId: string },
    { isRaw }: { isRaw: boolean },
  ) {
    this.#host = host;
    this.#process = process;
    this.#isRaw = isRaw;
    const { stdin, stdout } = globalThis.process;
    if (isRaw) {
      stdin.setRawMode(true);
      stdout.on("resize", this.#onResize);
    }
    stdin.on("data", this.#onData).on("end", this.#onEnd);
    if (stdin.readableEnded) this.#onEnd();
  }

  close(): void {
    this.#isClosed = true;
    const { stdin, stdout } = process;
    stdin.off("data", this.#onData).off("end", this.#onEnd).pause();
    if (!this.#isRaw) return;
    stdin.setRawMode(false);
    stdout.off("resize", this.#onResize);
  }

  /** A process that has ended takes no input; its end is reported elsewhere. */
  #write(input: { data?: Uint8Array; end?: boolean }): void {
    const { stdin } = process;
    stdin.pause();
    const call = () => this.#host.debug.writeInput({ ...this.#process, ...input });
    this.#calls = this.#calls
      .then(call)
      .catch(() => {})
      .then(() => !this.#isClosed && stdin.resume());
  }
}
