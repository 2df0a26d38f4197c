import type { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { fromBinary } from "@bufbuild/protobuf";
import { BytesMessageSchema } from "../../gen/moby/filesync/v1/filesync_pb.js";
import type { SessionCall } from "../session/method.js";

/** Writes the bytes from BuildKit into a sink. Resolves when the sink has finished; destroys it on failure. */
export async function receiveStream(call: SessionCall, sink: Writable): Promise<void> {
  await pipeline(contentOf(call.messages), sink, { signal: call.signal });
}

async function* contentOf(messages: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const message of messages) {
    const { data } = fromBinary(BytesMessageSchema, message);
    if (data.length > 0) yield data;
  }
}
