import { type TarEntry, type TarHeader, tarEntries } from "../../archive/tar-entries.js";
import { forEachLimit } from "../../util/for-each-limit.js";
import type { BlobClaims } from "./blob-claims.js";
import type { UploadLimits } from "./limits.js";
import { checkPath, checkTarget, checkTime, type DirectoryNode, Tree, type TreeNode } from "./tree.js";
import { digestOf } from "./upload-blobs.js";
import { entryRefused, tooLarge } from "./upload-errors.js";

/** Contents up to this size in bytes are hashed in memory and stored while the next entries are read. */
const smallFile = 128 << 10;
/** Maximum number of concurrent writes of small contents. */
const parallelWrites = 16;

/** Destination of a tar archive. */
export interface TarTarget {
  /** Stores the contents; the caller discards them when reading fails. */
  claims: BlobClaims;
  limits: UploadLimits;
  /** Aborts the reading. */
  signal: AbortSignal;
}

/**
 * Reads a tar archive into a tree.
 *
 * Refused entries:
 * - Absolute paths and "..": they lead out of the context. "./", "//" and a trailing "/" are ignored.
 * - An entry below an earlier file or symbolic link: it would be written through the link. A symbolic link itself may
 *   point anywhere, also to an absolute path: it is content, the host never follows it, and BuildKit resolves it inside
 *   the context.
 * - A hard link whose target is not an earlier file or link of the same archive.
 * - Devices, FIFOs and unknown types, and sparse files, whose stored form is not their content.
 * - Names that are longer than Linux allows.
 *
 * As for tar, the last entry with a path wins, but a folder is never replaced by something else. Owners and extended
 * attributes are not kept: BuildKit sets the owner of a context's files.
 */
export async function readTar(source: AsyncIterable<Uint8Array>, target: TarTarget): Promise<Tree> {
  // The tree lives as long as the upload, so it must not refer to the signal, which refers to the whole call.
  const { claims, limits } = target;
  const tree = new Tree(limits, (bytes) => claims.useMemory(bytes));
  await forEachLimit(smallContents(source, tree, target), parallelWrites, ({ digest, data }) =>
    claims.put(digest, data),
  );
  return tree;
}

/** Fills the tree: stores large contents, and yields small ones to be stored by the caller. */
async function* smallContents(source: AsyncIterable<Uint8Array>, tree: Tree, target: TarTarget) {
  for await (const entry of tarEntries(source, target.signal)) {
    const { header } = entry;
    const names = pathOf(header.name, tree.limits);
    const path = names.join("/");
    const metadata = { mode: header.mode & 0o7777, mtimeNs: mtimeOf(header, path) };
    const name = names.pop();
    if (name === undefined) continue; // the context itself
    const parent = makeParents(tree, names, path, metadata.mtimeNs);
    const previous = parent.children.get(name);
    if (previous?.type === "directory") {
      if (header.type !== "directory") throw entryRefused(path, "it would replace a folder");
      Object.assign(previous, metadata);
      continue;
    }
    switch (header.type) {
      case "directory":
        tree.set(parent, name, { type: "directory", ...metadata, children: new Map() });
        break;
      case "symlink": {
        const linkTarget = header.linkname ?? "";
        checkTarget(path, linkTarget, tree.limits);
        tree.set(parent, name, { type: "symlink", ...metadata, target: linkTarget });
        break;
      }
      case "link":
        tree.set(parent, name, linked(tree, header, path));
        break;
      case "file":
      case "contiguous-file": {
        checkFile(header, path, tree);
        const small = header.size <= smallFile ? await collect(entry) : undefined;
        const digest = small ? digestOf(small) : await storeLarge(entry, target);
        tree.set(parent, name, { type: "file", ...metadata, digest, size: header.size });
        if (small) yield { digest, data: small };
        break;
      }
      default:
        throw entryRefused(
          path,
          `a context cannot contain ${header.type ? `a ${header.type}` : "an entry of unknown type"}`,
        );
    }
  }
}

/** The names in an entry's path; none for the context itself. */
function pathOf(text: string, limits: UploadLimits): string[] {
  if (text.startsWith("/")) throw entryRefused(text.slice(0, 4096), "its path is absolute");
  const clean = cleanNames(text);
  return clean.length === 0 && text !== "" ? [] : checkPath(clean.join("/"), limits);
}

/** The names in a path without empty names and ".". */
function cleanNames(text: string): string[] {
  return text.split("/").filter((name) => name !== "" && name !== ".");
}

/** Returns the folder of an entry. Folders without an entry are created with the entry's time. */
function makeParents(tree: Tree, names: string[], path: string, mtimeNs: bigint): DirectoryNode {
  let folder = tree.root;
  names.forEach((name, at) => {
    const node = folder.children.get(name);
    if (node && node.type !== "directory") {
      const what = node.type === "symlink" ? "symbolic link" : "file";
      throw entryRefused(
        path,
        `it is below ${JSON.stringify(names.slice(0, at + 1).join("/"))}, which is a ${what}`,
      );
    }
    const next: DirectoryNode = node ?? { type: "directory", mode: 0o755, mtimeNs, children: new Map() };
    if (!node) tree.set(folder, name, next);
    folder = next;
  });
  return folder;
}

function linked(tree: Tree, header: TarHeader, path: string): TreeNode {
  const text = header.linkname ?? "";
  const target = text.startsWith("/") ? "" : cleanNames(text).join("/");
  const node = target === "" ? undefined : tree.get(target);
  if (!node || node.type === "directory")
    throw entryRefused(
      path,
      `the target of its hard link, ${JSON.stringify(text)}, is not an earlier file of the archive`,
    );
  if (node.type === "file") tree.addLink(node);
  return node;
}

function checkFile(header: TarHeader, path: string, tree: Tree): void {
  if (Object.keys(header.pax ?? {}).some((key) => key.startsWith("GNU.sparse.")))
    throw entryRefused(path, "it is a sparse file; create the archive without --sparse");
  if (tree.size + header.size > tree.limits.contentBytes)
    throw tooLarge(`its files have more than ${tree.limits.contentBytes} bytes`);
}

async function collect(entry: TarEntry): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of entry.content) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function storeLarge({ header, content }: TarEntry, { claims }: TarTarget): Promise<string> {
  const endReservation = claims.reserve(header.size);
  try {
    const staged = await claims.store.stage();
    try {
      for await (const chunk of content) await staged.append(chunk);
      const digest = await staged.seal();
      endReservation();
      await claims.commit(staged, digest);
      return digest;
    } catch (cause) {
      await staged.discard();
      throw cause;
    }
  } finally {
    endReservation();
  }
}

/** Nanoseconds since the epoch. Pax records have decimals; the plain header has whole seconds. */
function mtimeOf(header: TarHeader, path: string): bigint {
  const text = header.pax?.mtime;
  if (text === undefined) {
    const ms = header.mtime.getTime();
    return Number.isFinite(ms) ? checkTime(path, BigInt(Math.trunc(ms)) * 1_000_000n) : 0n;
  }
  const [, sign, seconds, fraction = ""] = /^(-?)(\d{1,18})(?:\.(\d*))?$/.exec(text) ?? [];
  if (seconds === undefined)
    throw entryRefused(path, `its modification time ${JSON.stringify(text)} is not a number`);
  const ns = BigInt(seconds) * 1_000_000_000n + BigInt(fraction.padEnd(9, "0").slice(0, 9));
  return checkTime(path, sign ? -ns : ns);
}
