import { type TarEntry, type TarHeader, tarEntries } from "../../archive/tar-entries.js";
import { forEachLimit } from "../../util/for-each-limit.js";
import type { BlobClaims } from "./blob-claims.js";
import type { UploadLimits } from "./limits.js";
import { checkPath, checkTarget, checkTime, type DirectoryNode, Tree, type TreeNode } from "./tree.js";
import { digestOf } from "./upload-blobs.js";
import { entryRefused, tooLarge } from "./upload-errors.js";

/** Contents up to this size, in bytes, are hashed in memory and stored while the archive is read on. */
const smallFile = 128 << 10;
/** Small contents on their way to the disk at a time. */
const parallelWrites = 16;

/** Where a tar archive goes. */
export interface TarTarget {
  /** Takes the contents; the caller discards them when reading fails. */
  claims: BlobClaims;
  limits: UploadLimits;
  /** Ends the reading. */
  signal: AbortSignal;
}

/**
 * Reads a tar archive into a tree.
 *
 * What is refused, and why:
 * - Absolute paths and "..": they lead out of the context. "./", "//" and a trailing "/" are noise and dropped.
 * - An entry below what is a file or a symbolic link by then: it would be written through the link. A symbolic link
 *   itself may point anywhere, also to an absolute path: contexts do hold such links, they are content, the host
 *   never follows them and BuildKit resolves them inside the context.
 * - A hard link whose target is not an earlier file (or link) of the same archive.
 * - Devices, FIFOs and unknown types; sparse files, whose stored form is not their content.
 * - Names that are not UTF-8, or longer than Linux allows: BuildKit could not take them.
 *
 * A path that comes twice is what it was last, as for tar; but a folder never becomes something else.
 * Owners and extended attributes are not kept: BuildKit sets the owner of a context's files itself.
 */
export async function readTar(source: AsyncIterable<Uint8Array>, target: TarTarget): Promise<Tree> {
  const tree = new Tree(target.limits);
  await forEachLimit(smallContents(source, tree, target), parallelWrites, ({ digest, data }) =>
    target.claims.put(digest, data),
  );
  return tree;
}

/** Fills the tree; large contents are stored on the way, small ones handed on to be stored. */
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
      if (header.type !== "directory") throw entryRefused(path, "it would take the place of a folder");
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
        throw entryRefused(path, `a context cannot hold a ${header.type ?? "entry of unknown type"}`);
    }
  }
}

/** The names of an entry's path; none for the context itself. */
function pathOf(text: string, limits: UploadLimits): string[] {
  if (text.startsWith("/")) throw entryRefused(text.slice(0, 4096), "its path is absolute");
  const clean = cleanNames(text);
  return clean.length === 0 && text !== "" ? [] : checkPath(clean.join("/"), limits);
}

/** The names of a path, without what tar writes for "here". */
function cleanNames(text: string): string[] {
  return text.split("/").filter((name) => name !== "" && name !== ".");
}

/** The folder that holds an entry; folders the archive did not name are made, as old as the entry. */
function makeParents(tree: Tree, names: string[], path: string, mtimeNs: bigint): DirectoryNode {
  let folder = tree.root;
  names.forEach((name, at) => {
    const node = folder.children.get(name);
    if (node && node.type !== "directory") {
      const what = node.type === "symlink" ? "symbolic link" : "file";
      throw entryRefused(
        path,
        `it lies below ${JSON.stringify(names.slice(0, at + 1).join("/"))}, which is a ${what}`,
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
      `its hard link points at ${JSON.stringify(text)}, which is no earlier file of the archive`,
    );
  if (node.type === "file") node.inode ??= path;
  return node;
}

function checkFile(header: TarHeader, path: string, tree: Tree): void {
  if (Object.keys(header.pax ?? {}).some((key) => key.startsWith("GNU.sparse.")))
    throw entryRefused(path, "it is a sparse file; make the archive without --sparse");
  if (tree.size + header.size > tree.limits.contentBytes)
    throw tooLarge(`its files have more than ${tree.limits.contentBytes} bytes`);
}

async function collect(entry: TarEntry): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of entry.content) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function storeLarge(entry: TarEntry, { claims }: TarTarget): Promise<string> {
  const staged = await claims.store.stage();
  try {
    for await (const chunk of entry.content) await staged.append(chunk);
    const digest = await staged.seal();
    await claims.commit(staged, digest);
    return digest;
  } catch (cause) {
    await staged.discard();
    throw cause;
  }
}

/** Nanoseconds since the epoch; pax records have decimals, the plain header whole seconds. */
function mtimeOf(header: TarHeader, path: string): bigint {
  const text = header.pax?.mtime;
  if (text === undefined) {
    const ms = header.mtime.getTime();
    return Number.isFinite(ms) ? checkTime(path, BigInt(Math.trunc(ms)) * 1_000_000n) : 0n;
  }
  const [, sign, seconds, fraction = ""] = /^(-?)(\d{1,18})(?:\.(\d*))?$/.exec(text) ?? [];
  if (seconds === undefined)
    throw entryRefused(path, `its modification time ${JSON.stringify(text)} is no number`);
  const ns = BigInt(seconds) * 1_000_000_000n + BigInt(fraction.padEnd(9, "0").slice(0, 9));
  return checkTime(path, sign ? -ns : ns);
}
