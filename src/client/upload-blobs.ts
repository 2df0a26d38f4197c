import { type Client, Code, type ConnectError } from "@connectrpc/connect";
import { readTypedError, typedError } from "../errors/typed-error.js";
import type { UploadService } from "../gen/slipway/v1/upload_pb.js";
import type { FileSource } from "../inputs/files/source.js";
import { forEachLimit } from "../util/for-each-limit.js";

/** Bytes of contents in one message unless the host's limit is lower; few calls, since every call has a cost. */
const largestMessageBytes = 2n << 20n;
/** Contents in one message. The host writes a file for each. */
const messageBlobs = 256;
/** Concurrent calls. */
const parallelCalls = 4;

/** A file whose content the host lacks. */
export interface MissingFile {
  path: string;
  digest: string;
  size: number;
}

/** Destination of contents. */
export interface BlobTarget {
  client: Client<typeof UploadService>;
  /** Id of the upload. */
  id: string;
  /** Bytes of contents in one message. */
  messageBytes: number;
  signal?: AbortSignal;
  /** Called with the size of each chunk that was sent. */
  onSent(bytes: number): void;
}

/** Bytes of contents in one message for a host with a limit; 0 or undefined means none. */
export function messageBytes(limit: bigint | undefined): number {
  return Number(limit && limit < largestMessageBytes ? limit : largestMessageBytes);
}

/** Sends contents with a few concurrent calls: small ones in batches, large ones in chunks. */
export async function uploadBlobs(
  target: BlobTarget,
  source: FileSource,
  files: MissingFile[],
): Promise<void> {
  await forEachLimit(messages(files, target.messageBytes), parallelCalls, async (group) => {
    const [first] = group;
    if (first && first.size > target.messageBytes) return uploadChunks(target, source, first);
    const blobs = await Promise.all(
      group.map(async (file) => ({
        digest: file.digest,
        sizeBytes: BigInt(file.size),
        data: await readWhole(source, file),
      })),
    );
    await send(
      target,
      blobs,
      group.map(({ path }) => path),
    );
  });
}

/** Groups files into messages. A file that is too large for one message forms a separate group. */
function* messages(files: MissingFile[], messageBytes: number): Generator<MissingFile[]> {
  let group: MissingFile[] = [];
  let bytes = 0;
  for (const file of files) {
    if (group.length > 0 && (bytes + file.size > messageBytes || group.length >= messageBlobs)) {
      yield group;
      group = [];
      bytes = 0;
    }
    group.push(file);
    bytes += file.size;
  }
  if (group.length > 0) yield group;
}

async function uploadChunks(target: BlobTarget, source: FileSource, file: MissingFile): Promise<void> {
  const { digest, size, path } = file;
  const opened = await source.open(path);
  try {
    for (let offset = 0; offset < size; ) {
      const data = Buffer.allocUnsafe(Math.min(target.messageBytes, size - offset));
      await fill(opened, data, path);
      await send(target, [{ digest, sizeBytes: BigInt(size), offset: BigInt(offset), data }], [path]);
      offset += data.length;
    }
  } finally {
    await opened.close();
  }
}

async function readWhole(source: FileSource, { path, size }: MissingFile): Promise<Uint8Array> {
  const opened = await source.open(path);
  try {
    const data = Buffer.allocUnsafe(size);
    await fill(opened, data, path);
    return data;
  } finally {
    await opened.close();
  }
}

async function fill(file: { read(target: Uint8Array): Promise<number> }, data: Uint8Array, path: string) {
  for (let at = 0; at < data.length; ) {
    const bytes = await file.read(data.subarray(at));
    if (bytes === 0) throw changed([path]);
    at += bytes;
  }
}

async function send(
  { client, id, signal, onSent }: BlobTarget,
  blobs: { digest: string; sizeBytes: bigint; offset?: bigint; data: Uint8Array }[],
  paths: string[],
): Promise<void> {
  try {
    await client.addBlobs({ id, blobs }, { signal });
  } catch (cause) {
    const { reason, fields } = readTypedError(cause);
    const index = Number(/^blobs\[(\d+)\]/.exec(fields?.[0]?.field ?? "")?.[1]);
    if (reason === "UPLOAD_DIGEST_MISMATCH") throw changed([paths[index] ?? paths.join(", ")]);
    throw cause;
  }
  for (const { data } of blobs) onSent(data.length);
}

function changed([path]: string[]): ConnectError {
  return typedError({
    code: Code.Aborted,
    reason: "CONTEXT_CHANGED",
    message: `The file ${JSON.stringify(path)} changed while it was uploaded.`,
    metadata: { path: path ?? "" },
    remedy: "Retry when nothing writes to the context.",
  });
}
