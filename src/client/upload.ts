import { hostname } from "node:os";
import { type Client, Code } from "@connectrpc/connect";
import { typedError } from "../errors/typed-error.js";
import { EntryType, type Upload, type UploadService } from "../gen/slipway/v1/upload_pb.js";
import { isDirectory, isRegular, isSymlink, toPosixPermissions } from "../inputs/files/file-mode.js";
import type { FileSource, SourceEntry } from "../inputs/files/source.js";
import { walk } from "../inputs/files/walk.js";
import { nameBytes } from "../util/file-name.js";
import { forEachLimit } from "../util/for-each-limit.js";
import { type BlobTarget, messageBytes, uploadBlobs } from "./upload-blobs.js";
import { openUploadContext, typedContextError } from "./upload-context.js";
import { DigestCache } from "./upload-digests.js";

/** Entries in one message: typically a few hundred KiB, and less than 4 MiB with paths of 700 bytes. */
const pageEntries = 4096;
/** Bytes of paths and link targets in one message. */
const pageBytes = 1 << 20;
/** Files that are hashed concurrently. */
const parallelHashes = 8;

/** Options of {@link uploadFolder}. */
export interface UploadFolderOptions {
  /** Path of the Dockerfile in the folder, which is uploaded even if it is ignored. Default: "Dockerfile". */
  dockerfile?: string;
  /** The host's limit for the contents in one message (HostLimits.max_chunk_bytes). At most 2 MiB are sent, also without it. */
  maxChunkBytes?: bigint;
  /** A text that all uploads of a project share. Default: this machine's name and the folder's real path. */
  cacheKey?: string;
  signal?: AbortSignal;
  onProgress?: (progress: UploadProgress) => void;
  /** Called for problems that do not prevent the upload, such as a cache that cannot be written. */
  onWarning?: (message: string) => void;
  /** Environment with XDG_CACHE_HOME. Default: `process.env`. */
  env?: NodeJS.ProcessEnv;
}

/** Progress of an upload. */
export interface UploadProgress {
  /** Entries reported to the host. */
  entries: number;
  /** Bytes of the files among them. */
  bytes: number;
  /** Bytes sent, of contents that the host lacked. */
  sentBytes: number;
}

interface Page {
  path: string;
  entry: SourceEntry;
}

/**
 * Uploads a folder as a context: its entries, except those that `.dockerignore` excludes, and the contents that the
 * host lacks. Rejects with a typed error, and deletes the unfinished upload.
 */
export async function uploadFolder(
  client: Client<typeof UploadService>,
  folder: string,
  options: UploadFolderOptions = {},
): Promise<Upload> {
  const { dockerfile = "Dockerfile", signal, onProgress, onWarning, env } = options;
  const { root, source, filter } = await openUploadContext(folder, dockerfile);
  const digests = await DigestCache.load(root, env);
  const cacheKey = options.cacheKey ?? `${hostname()}:${root}`;

  const progress: UploadProgress = { entries: 0, bytes: 0, sentBytes: 0 };
  const { upload } = await client.createUpload({ manifest: true, cacheKey }, { signal });
  const target: BlobTarget = {
    client,
    id: upload!.id,
    messageBytes: messageBytes(options.maxChunkBytes),
    signal,
    onSent(bytes) {
      progress.sentBytes += bytes;
      onProgress?.({ ...progress });
    },
  };
  try {
    let page: Page[] = [];
    let text = 0;
    const flush = async () => {
      await sendPage(target, source, digests, page, progress);
      onProgress?.({ ...progress });
      page = [];
      text = 0;
    };
    const visit = async (path: string, entry: SourceEntry) => {
      page.push({ path, entry });
      text += Buffer.byteLength(path) + Buffer.byteLength(entry.linkname ?? "");
      if (page.length >= pageEntries || text >= pageBytes) await flush();
    };
    await walk(source, filter, visit, signal ?? new AbortController().signal);
    if (page.length > 0) await flush();
    const finished = await client.finishUpload({ id: target.id }, { signal });
    await digests.save().catch((cause) => {
      onWarning?.(`The digests of ${root} cannot be cached for the next upload: ${cause}`);
    });
    return finished.upload!;
  } catch (cause) {
    // The host removes unfinished uploads after a while, so an error here is ignored.
    await client.deleteUpload({ id: target.id }, { timeoutMs: 5000 }).catch(() => {});
    throw typedContextError(cause, folder);
  }
}

async function sendPage(
  target: BlobTarget,
  source: FileSource,
  digests: DigestCache,
  page: Page[],
  progress: UploadProgress,
): Promise<void> {
  const contents = new Map<string, { digest: string; size: number }>();
  const files = page.filter(({ entry }) => isRegular(entry.mode));
  await forEachLimit(files, parallelHashes, async ({ path }) => {
    target.signal?.throwIfAborted();
    const content = await digests.digest(source, path);
    if (content) contents.set(path, content);
  });

  // A file that was removed after its folder was listed is skipped, as when BuildKit reads the folder itself.
  const entries = page
    .filter(({ path, entry }) => !isRegular(entry.mode) || contents.has(path))
    .map(({ path, entry }) => toManifestEntry(path, entry, contents.get(path)));
  const { missingDigests } = await target.client.addBlobs(
    { id: target.id, entries },
    { signal: target.signal },
  );
  progress.entries += entries.length;
  for (const { size } of contents.values()) progress.bytes += size;

  const missing = new Set(missingDigests);
  const toSend = [];
  for (const [path, content] of contents)
    if (missing.delete(content.digest)) toSend.push({ path, ...content });
  await uploadBlobs(target, source, toSend);
}

function toManifestEntry(
  path: string,
  entry: SourceEntry,
  content: { digest: string; size: number } | undefined,
) {
  const metadata = {
    ...(path.isWellFormed() ? { path } : { rawPath: nameBytes(path) }),
    mode: toPosixPermissions(entry.mode),
    modifyTime: {
      seconds: BigInt.asIntN(64, floorDivide(entry.modTime)),
      nanos: Number(entry.modTime - floorDivide(entry.modTime) * 1_000_000_000n),
    },
  };
  if (isDirectory(entry.mode)) return { ...metadata, type: EntryType.DIRECTORY };
  if (isSymlink(entry.mode)) {
    const { linkname = "" } = entry;
    const target = linkname.isWellFormed()
      ? { linkTarget: linkname }
      : { rawLinkTarget: nameBytes(linkname) };
    return { ...metadata, type: EntryType.SYMLINK, ...target };
  }
  if (content)
    return { ...metadata, type: EntryType.FILE, digest: content.digest, sizeBytes: BigInt(content.size) };
  throw typedError({
    code: Code.InvalidArgument,
    reason: "CONTEXT_ENTRY_UNSUPPORTED",
    message: `${JSON.stringify(path)} is a device or a pipe, which cannot be uploaded.`,
    metadata: { path },
    remedy: "List it in .dockerignore.",
  });
}

/** Seconds of a time, rounded down: before 1970 they are negative, and the nanoseconds are still positive. */
function floorDivide(ns: bigint): bigint {
  const seconds = ns / 1_000_000_000n;
  return ns < seconds * 1_000_000_000n ? seconds - 1n : seconds;
}
