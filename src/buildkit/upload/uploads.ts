import { randomUUID } from "node:crypto";
import { addAbortSignal, type Readable } from "node:stream";
import { create, toBinary } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { StatusError } from "../../errors/status-error.js";
import { BytesMessageSchema, Upload } from "../../gen/moby/upload/v1/upload_pb.js";
import { chunks } from "../../util/chunks.js";
import { withPeriod } from "../../util/with-period.js";
import type { SessionCall, SessionMethod } from "../session/method.js";

/** Maximum size of a message in bytes, as in BuildKit's own clients. */
const maxChunkBytes = 3 * 1024 * 1024;

/**
 * Streams that BuildKit fetches through the session by an HTTP URL: a context archive or a Dockerfile from the
 * client. Each can be fetched once. Owns the streams that are added.
 */
export class Uploads {
  readonly #waiting = new Map<string, Readable>();
  readonly #active = new Set<Readable>();

  /** The session method to register. */
  readonly method: SessionMethod = {
    path: `/${Upload.typeName}/${Upload.method.pull.name}`,
    handle: (call) => this.#pull(call),
  };

  /**
   * Offers a byte stream and returns its URL, for the frontend attribute `context`. BuildKit unpacks tar archives,
   * plain or compressed, and treats anything else as the Dockerfile itself.
   */
  add(stream: Readable): string {
    const id = randomUUID();
    // An error before BuildKit fetches the stream must not end the process; reading the stream reports it.
    stream.on("error", () => {});
    this.#waiting.set(id, stream);
    return `http://buildkit-session/${id}`;
  }

  /** Destroys all streams, also those in transfer. */
  close(): void {
    for (const stream of [...this.#waiting.values(), ...this.#active]) stream.destroy();
    this.#waiting.clear();
  }

  async #pull(call: SessionCall): Promise<void> {
    const id = call.header("urlpath")[0]?.split("/").pop() ?? "";
    const stream = this.#waiting.get(id);
    if (stream === undefined)
      throw new StatusError(Code.NotFound, "The session has no such upload, or it was already fetched.");
    this.#waiting.delete(id);
    this.#active.add(stream);
    addAbortSignal(call.signal, stream);
    try {
      for await (const chunk of stream as AsyncIterable<Uint8Array>)
        for (const data of chunks(chunk, maxChunkBytes))
          await call.send(toBinary(BytesMessageSchema, create(BytesMessageSchema, { data })));
    } catch (error) {
      if (call.signal.aborted) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      throw new StatusError(
        Code.DataLoss,
        withPeriod(`The uploaded context could not be read to its end: ${reason}`),
      );
    } finally {
      stream.destroy();
      this.#active.delete(stream);
    }
  }
}
