import type { Client } from "@connectrpc/connect";
import type { Upload, UploadService } from "../gen/slipway/v1/upload_pb.js";
import { chunks } from "../util/chunks.js";
import { messageBytes } from "./upload-blobs.js";

/** Options of {@link uploadTar}. */
export interface UploadTarOptions {
  /** A text that all uploads of a project share, so that BuildKit transfers only changes. Default: none. */
  cacheKey?: string;
  /** The host's limit for the data of one message (HostLimits.max_chunk_bytes). At most 2 MiB are sent, also without it. */
  maxChunkBytes?: bigint;
  signal?: AbortSignal;
  /** Called with the number of bytes sent so far. */
  onProgress?: (bytes: number) => void;
}

/**
 * Uploads a tar archive (plain, gzip, bzip2, xz or zstd) as a context, at the rate at which the host unpacks it. Rejects
 * with the host's typed error, or with the error of reading the archive; the host keeps nothing in that case.
 */
export async function uploadTar(
  client: Client<typeof UploadService>,
  archive: AsyncIterable<Uint8Array>,
  { cacheKey = "", maxChunkBytes, signal, onProgress }: UploadTarOptions = {},
): Promise<Upload> {
  let failure: { cause: unknown } | undefined;
  const chunkBytes = messageBytes(maxChunkBytes);
  async function* messages() {
    let sent = 0;
    yield { part: { case: "start" as const, value: { cacheKey } } };
    try {
      for await (const chunk of archive)
        for (const data of chunks(chunk, chunkBytes)) {
          yield { part: { case: "data" as const, value: data } };
          sent += data.length;
          onProgress?.(sent);
        }
    } catch (cause) {
      failure = { cause };
      throw cause;
    }
  }
  try {
    const { upload } = await client.uploadTar(messages(), { signal });
    return upload!;
  } catch (cause) {
    throw failure ? failure.cause : cause;
  }
}
