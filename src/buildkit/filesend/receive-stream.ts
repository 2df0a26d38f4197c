import type { Writable } from "node:stream";
import { BytesMessageSchema } from "../../gen/moby/filesync/v1/filesync_pb.js";
import { decodeBounded } from "../../messages/answers.js";
import { pipeInto } from "../../util/close-sink.js";
import type { SessionCall } from "../session/method.js";

/** Writes the bytes from BuildKit into a sink. Resolves when the sink has finished; on failure closes it. */
export async function receiveStream(call: SessionCall, sink: Writable): Promise<void> {
  await pipeInto(contentOf(call.messages), sink, call.signal);
}

async function* contentOf(messages: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const message of messages) {
    const { data } = decodeBounded(BytesMessageSchema, message);
    if (data.length > 0) yield data;
  }
}
