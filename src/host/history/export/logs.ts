import { create, toBinary } from "@bufbuild/protobuf";
import { ByteReader } from "../../../archive/byte-reader.js";
import {
  type StatusResponse,
  StatusResponseSchema,
  VertexLogSchema,
} from "../../../gen/moby/buildkit/v1/control_pb.js";
import { type BuildProgress, BuildProgressSchema } from "../../../gen/slipway/build/v1/build_progress_pb.js";
import { decodeBounded } from "../../../messages/answers.js";
import { OutputRedaction } from "../../builds/redaction/output-redaction.js";
import type { Redaction } from "../../builds/redaction/redaction.js";

/**
 * The progress of a build as BuildKit keeps it, without secrets: messages of `StatusResponse`, each after its length in
 * four bytes.
 */
export async function* maskedLogs(
  blob: AsyncIterable<Uint8Array>,
  redaction: Redaction,
): AsyncGenerator<Uint8Array> {
  const output = new OutputRedaction(redaction);
  for await (const bytes of frames(blob)) {
    const status = decodeBounded(StatusResponseSchema, bytes);
    const shown = redaction.message(StatusResponseSchema, { ...status, logs: [] });
    yield frame(
      create(StatusResponseSchema, { ...shown, logs: asLogs(output.progress(asProgress(status))) }),
    );
  }
  const held = asLogs(output.end());
  if (held.length > 0) yield frame(create(StatusResponseSchema, { logs: held }));
}

async function* frames(blob: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = new ByteReader(blob);
  try {
    for (;;) {
      const head = await reader.take(4);
      if (head.length < 4) return;
      yield await reader.take(Buffer.from(head).readUInt32LE());
    }
  } finally {
    await reader.close();
  }
}

function frame(status: StatusResponse): Uint8Array {
  const bytes = toBinary(StatusResponseSchema, status);
  const head = Buffer.alloc(4);
  head.writeUInt32LE(bytes.length);
  return Buffer.concat([head, bytes]);
}

/** The output of steps, and which of them ended. */
function asProgress({ logs, vertexes }: StatusResponse): BuildProgress {
  return create(BuildProgressSchema, {
    logs: logs.map(({ vertex, timestamp, stream, msg }) => ({
      vertex,
      time: timestamp,
      stream: Number(stream),
      data: msg,
    })),
    vertexes: vertexes.map(({ digest, completed }) => ({ id: digest, endTime: completed })),
  });
}

function asLogs({ logs }: BuildProgress) {
  return logs.map(({ vertex, time, stream, data }) =>
    create(VertexLogSchema, { vertex, timestamp: time, stream: BigInt(stream), msg: data }),
  );
}
