import { hostname } from "node:os";
import { type Client, Code } from "@connectrpc/connect";
import { typedError } from "../errors/typed-error.js";
import { EntryType, type Upload, type UploadService } from "../gen/slipway/v1/upload_pb.js";
import { isDirectory, isRegular, isSymlink, toPosixPermissions } from "../inputs/files/file-mode.js";
import type { FileSource, SourceEntry } from "../inputs/files/source.js";
import { walk } from "../inputs/files/walk.js";
import { forEachLimit } from "../util/for-each-limit.js";
import { type BlobTarget, uploadBlobs } from "./upload-blobs.js";
import { openUploadContext, typedContextError } from "./upload-context.js";
import { DigestCache } from "./upload-digests.js";

/** Entries of one message: a few hundred KiB as a rule, below 4 MiB with paths of 700 bytes. */
const pageEntries = 4096;
/** Bytes of paths and link targets of one message. */
const pageBytes = 1 << 20;
/** Files hashed at a time. */
const parallelHashes = 8;

/** How to upload a folder. */
export interface UploadDirectoryOptions {
  /** Path of the Dockerfile in the folder; default "Dockerfile". It is uploaded even if it is ignored. */
  dockerfile?: string;
  /** The same text for all uploads of a project; default this machine's name and the folder's real path. */
  cacheKey?: string;
  signal?: AbortSignal;
  onProgress?: (progress: UploadProgress) => void;
  /** Told what does not keep the folder from being uploaded, as a cache that cannot be written. */
  onWarning?: (message: string) => void;
  /** Where $XDG_CACHE_HOME is looked up; default `process.env`. */
  env?: NodeJS.ProcessEnv;
}

/** How far an upload is. */
export interface UploadProgress {
  /** Entries told to the host. */
  entries: number;
  /** Bytes of their files. */
  bytes: number;
  /** Bytes sent because the host lacked them. */
  sentBytes: number;
}

interface Page {
  path: string;
  entry: SourceEntry;
}

/**
 * Uploads a folder as a context: its entries, without what `.dockerignore` lists, and the contents that the host does
 * not have yet. Rejects with a typed error; the unfinished upload is deleted then.
 */
export async function uploadDirectory(
  client: Client<typeof UploadService>,
  directory: string,
  options: UploadDirectoryOptions = {},
): Promise<Upload> {
  const { dockerfile = "Dockerfile", signal, onProgress, onWarning, env } = options;
  const { root, source, filter } = await openUploadContext(directory, dockerfile);
  const digests = await DigestCache.load(root, env);
  const cacheKey = options.cacheKey ?? `${hostname()}:${root}`;

  const progress: UploadProgress = { entries: 0, bytes: 0, sentBytes: 0 };
  const { upload } = await client.createUpload({ manifest: true, cacheKey }, { signal });
  const target: BlobTarget = {
    client,
    id: upload!.id,
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
      onWarning?.(`the digests of ${root} could not be kept for the next upload: ${cause}`);
    });
    return finished.upload!;
  } catch (cause) {
    // The host would remove it later by itself, so a failure here adds nothing to the one at hand.
    await client.deleteUpload({ id: target.id }, { timeoutMs: 5000 }).catch(() => {});
    throw typedContextError(cause, directory);
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

  // A file that went away since its folder was read is left out, as when BuildKit reads the folder itself.
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
    path,
    mode: toPosixPermissions(entry.mode),
    modifyTime: {
      seconds: BigInt.asIntN(64, floorDivide(entry.modTime)),
      nanos: Number(entry.modTime - floorDivide(entry.modTime) * 1_000_000_000n),
    },
  };
  if (isDirectory(entry.mode)) return { ...metadata, type: EntryType.DIRECTORY };
  if (isSymlink(entry.mode))
    return { ...metadata, type: EntryType.SYMLINK, linkTarget: entry.linkname ?? "" };
  if (content)
    return { ...metadata, type: EntryType.FILE, digest: content.digest, sizeBytes: BigInt(content.size) };
  throw typedError({
    code: Code.InvalidArgument,
    reason: "CONTEXT_ENTRY_UNSUPPORTED",
    message: `${JSON.stringify(path)} is a device or a pipe, which cannot be uploaded`,
    metadata: { path },
    remedy: "List it in .dockerignore.",
  });
}

/** Whole seconds at or before a time; those before 1970 are negative while the nanoseconds are not. */
function floorDivide(ns: bigint): bigint {
  const seconds = ns / 1_000_000_000n;
  return ns < seconds * 1_000_000_000n ? seconds - 1n : seconds;
}
