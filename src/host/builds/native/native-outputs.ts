import { once } from "node:events";
import type { Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { extractTar } from "../../../archive/extract-tar.js";
import type { FileSendTarget } from "../../../buildkit/filesend/file-send.js";
import { outputError } from "../../../buildkit/filesend/output-error.js";
import type { OutputData } from "../../../gen/slipway/nativebuild/v1/native_build_pb.js";
import { sinkInto } from "../outputs/sinks.js";
import { driverFault } from "./driver-fault.js";

/** Writes the outputs that a plugin sends to where they belong. Owns the streams to there. */
export class NativeOutputs {
  readonly #driver: string;
  readonly #targets: ReadonlyMap<number, FileSendTarget>;
  readonly #written = new Set<number>();
  #current: { index: number; sink: Writable } | undefined;

  /** @param targets by index into the outputs that the plugin was asked for */
  constructor(driver: string, targets: ReadonlyMap<number, FileSendTarget>) {
    this.#driver = driver;
    this.#targets = targets;
  }

  /** Writes a piece; resolves when more may come, and for the last one when the output is in its place. */
  async write({ output, data, last }: OutputData, signal: AbortSignal): Promise<void> {
    const sink = await this.#sink(output);
    try {
      if (data.length > 0 && !sink.write(data)) await once(sink, "drain", { signal });
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

  /** Throws when one was not sent, or not to its end. */
  requireAll(): void {
    const missing = [...this.#targets.keys()].filter((index) => !this.#written.has(index));
    if (missing.length > 0)
      throw driverFault(this.#driver, `did not send output ${missing.join(", ")} to its end`);
  }

  /** Gives up what is not complete, so that nothing half-written stays. */
  close(): void {
    this.#current?.sink.destroy(new Error("the build ended before its output was complete"));
    this.#current = undefined;
  }

  async #sink(index: number): Promise<Writable> {
    if (this.#current?.index === index) return this.#current.sink;
    const target = this.#targets.get(index);
    if (!target || this.#written.has(index) || this.#current) {
      throw driverFault(this.#driver, `sent output ${index}, which is not asked for or not its turn`);
    }
    const sink = await open(target);
    sink.on("error", () => {}); // Whoever writes sees it.
    this.#current = { index, sink };
    return sink;
  }
}

function open(target: FileSendTarget): Promise<Writable> | Writable {
  if (target.kind === "stream") return target.open({});
  return sinkInto((archive) => extractTar(archive, target.dest));
}
