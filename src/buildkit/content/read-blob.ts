import { answerTooLarge } from "../../errors/answer-too-large.js";
import { Content } from "../../gen/containerd/services/content/v1/content_pb.js";
import { sizeText } from "../../util/size-text.js";
import type { BuildkitClient } from "../client.js";

/** Maximum size of a blob in memory, in bytes: far more than the JSON documents and errors of a history have. */
export const maxBlobBytes = 16 << 20;

/**
 * Reads a blob that BuildKit keeps with its history. Whatever BuildKit says about its size, it may not exceed the
 * limit.
 */
export async function readBlob(
  client: BuildkitClient,
  digest: string,
  signal: AbortSignal,
  maxBytes = maxBlobBytes,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const { data } of client.service(Content).read({ digest }, { signal })) {
    size += data.length;
    if (size > maxBytes) throw answerTooLarge(`The blob ${digest}`, sizeText(maxBytes));
    chunks.push(data);
  }
  return Buffer.concat(chunks, size);
}
