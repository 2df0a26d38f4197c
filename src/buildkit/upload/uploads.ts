import { randomUUID } from "node:crypto";
import { addAbortSignal, type Readable } from "node:stream";
import { create, toBinary } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { StatusError } from "../../errors/status-error.js";
import { BytesMessageSchema, Upload } from "../../gen/moby/upload/v1/upload_pb.js";
import { chunks } from "../../util/chunks.js";
import type { SessionCall, SessionMethod } from "../session/method.js";

/** Largest message in bytes; what BuildKit's own clients send. */
const MAX_CHUNK = 3 * 1024 * 1024;

/**
 * Streams that BuildKit fetches through the session as if over http: a context tar or a Dockerfile that the client
 * sends along. Each can be fetched once. Owns the streams from {@link Uploads.add} on.
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
   * plain or compressed, and takes anything else for the Dockerfile itself.
   */
  add(stream: Readable): string {
    const id = randomUUID();
    // An error before BuildKit asks must not end the process; it is kept by the stream and shows when it is read.
    stream.on("error", () => {});
    this.#waiting.set(id, stream);
    return `http://buildkit-session/${id}`;
  }

  /** Destroys every stream, also those that are being sent. */
  close(): void {
    for (const stream of [...this.#waiting.values(), ...this.#active]) stream.destroy();
    this.#waiting.clear();
  }

  async #pull(call: SessionCall): Promise<void> {
    const id = call.header("urlpath")[0]?.split("/").pop() ?? "";
    const stream = this.#waiting.get(id);
    if (stream === undefined)
      throw new StatusError(Code.NotFound, "no such upload in this session, or it was fetched before");
    this.#waiting.delete(id);
    this.#active.add(stream);
    addAbortSignal(call.signal, stream);
    try {
      for await (const chunk of stream as AsyncIterable<Uint8Array>)
        for (const data of chunks(chunk, MAX_CHUNK))
          await call.send(toBinary(BytesMessageSchema, create(BytesMessageSchema, { data })));
    } catch (error) {
      if (call.signal.aborted) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      throw new StatusError(Code.DataLoss, `the uploaded context could not be read to its end: ${reason}`);
    } finally {
      stream.destroy();
      this.#active.delete(stream);
    }
  }
}
