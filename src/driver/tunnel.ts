import { type Duplex, Readable } from "node:stream";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import type { TunnelRequest, TunnelResponseSchema } from "../gen/slipway/driver/v1/driver_pb.js";
import { chunks } from "../util/chunks.js";
import { withPeriod } from "../util/with-period.js";
import { driverError } from "./driver-error.js";
import { pump } from "./splice.js";

/** Most bytes of a stream in one message; larger messages are not faster. */
const maxChunkBytes = 256 << 10;

/** Carries a stream's bytes in messages until BuildKit ends its side. Owns the stream. */
export async function* tunnel(
  stream: Duplex,
  requests: AsyncIterable<TunnelRequest>,
  signal: AbortSignal,
): AsyncIterable<MessageInitShape<typeof TunnelResponseSchema>> {
  const incoming = Readable.from(bytesOf(requests));
  const sent = pump(incoming, stream);
  const leave = () => stream.destroy();
  signal.addEventListener("abort", leave);
  try {
    for await (const chunk of stream.iterator({ destroyOnReturn: false }))
      for (const data of chunks(chunk, maxChunkBytes)) yield { data };
  } catch (cause) {
    signal.throwIfAborted();
    const message = withPeriod(`The connection to BuildKit broke: ${(cause as Error).message}`);
    throw driverError({ code: Code.Unavailable, reason: "CONNECTION_LOST", message });
  } finally {
    signal.removeEventListener("abort", leave);
    incoming.destroy();
    stream.destroy();
    await sent;
  }
}

async function* bytesOf(requests: AsyncIterable<TunnelRequest>): AsyncIterable<Uint8Array> {
  for await (const { part } of requests) if (part.case === "data") yield part.value;
}
