import type { Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { extractTar } from "../../../archive/extract-tar.js";
import type { FileSendTarget } from "../../../buildkit/filesend/file-send.js";
import { outputError } from "../../../buildkit/filesend/output-error.js";
import type { OutputData } from "../../../gen/slipway/nativebuild/v1/native_build_pb.js";
import { driverFault } from "../../../plugin-client/driver-fault.js";
import { closeSink } from "../../../util/close-sink.js";
import { drained } from "../../../util/drained.js";
import { untilAborted } from "../../../util/until-aborted.js";
import { sinkInto } from "../outputs/sinks.js";

/** Writes the outputs that a plugin sends to their destinations. Owns the streams to them. */
export class NativeOutputs {
  readonly #driver: string;
  readonly #targets: ReadonlyMap<number, FileSendTarget>;
  readonly #written = new Set<number>();
  #current: { index: number; sink: Writable } | undefined;

  /** @param targets by index into the outputs that were requested from the plugin */
  constructor(driver: string, targets: ReadonlyMap<number, FileSendTarget>) {
    this.#driver = driver;
    this.#targets = targets;
  }

  /** Writes a chunk. Resolves when the next one may come; after the last one, when the output is complete. */
  async write({ output, data, last }: OutputData, signal: AbortSignal): Promise<void> {
    const sink = await this.#sink(output);
    try {
      if (data.length > 0 && !sink.write(data)) await untilAborted(drained(sink), signal);
      if (sink.destroyed) throw sink.errored ?? new Error("The output's reader is gone.");
      if (!last) return;
      sink.end();
      await finished(sink, { signal });
    } catch (cause) {
      signal.throwIfAborted();
      throw outputError(cause);
    }
    this.#current = undefined;
    this.#written.add(output);
  }

  /** Throws when an output is missing or incomplete. */
  requireAll(): void {
    const missing = [...this.#targets.keys()].filter((index) => !this.#written.has(index));
    if (missing.length > 0)
      throw driverFault(this.#driver, `did not send output ${missing.join(", ")} completely`);
  }

  /** Aborts an incomplete output. Resolves when nothing of it is left. */
  async close(): Promise<void> {
    const { sink } = this.#current ?? {};
    this.#current = undefined;
    if (sink) await closeSink(sink, new Error("The build ended before its output was complete."));
  }

  async #sink(index: number): Promise<Writable> {
    if (this.#current?.index === index) return this.#current.sink;
    const target = this.#targets.get(index);
    if (!target || this.#written.has(index) || this.#current) {
      throw driverFault(
        this.#driver,
        `sent output ${index}, which was not requested, or before the previous one was complete`,
      );
    }
    const sink = await open(target);
    sink.on("error", () => {}); // write() throws it.
    this.#current = { index, sink };
    return sink;
  }
}

function open(target: FileSendTarget): Promise<Writable> | Writable {
  if (target.kind === "stream") return target.open({});
  return sinkInto((archive) => extractTar(archive, target.dest));
}
