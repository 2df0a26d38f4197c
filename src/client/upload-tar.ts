import type { Client } from "@connectrpc/connect";
import type { Upload, UploadService } from "../gen/slipway/v1/upload_pb.js";
import { chunks } from "../util/chunks.js";

/** Bytes of one message. */
const pieceBytes = 256 << 10;

/** How to upload a tar archive. */
export interface UploadTarOptions {
  /** The same text for all uploads of a project, so that BuildKit takes over only what changed; default none. */
  cacheKey?: string;
  signal?: AbortSignal;
  /** Called with the bytes sent so far. */
  onProgress?: (bytes: number) => void;
}

/**
 * Uploads a tar archive (plain, gzip or zstd) as a context, at the pace the host unpacks it. Rejects with the host's
 * typed error, or with what reading the archive threw; nothing stays on the host then.
 */
export async function uploadTar(
  client: Client<typeof UploadService>,
  archive: AsyncIterable<Uint8Array>,
  { cacheKey = "", signal, onProgress }: UploadTarOptions = {},
): Promise<Upload> {
  let failure: { cause: unknown } | undefined;
  async function* messages() {
    let sent = 0;
    yield { cacheKey };
    try {
      for await (const chunk of archive)
        for (const data of chunks(chunk, pieceBytes)) {
          yield { data };
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
