import type { ConnectError } from "@connectrpc/connect";
import { mayBeReplaced, nameLength } from "../../util/file-name.js";
import type { UploadLimits } from "./limits.js";
import { entryRefused, tooLarge } from "./upload-errors.js";

/** What an entry takes in memory beside its names, in bytes: measured, with the bookkeeping of its content. */
const entryBytes = 768;

/** Metadata of a node. */
interface Metadata {
  /** Permission bits, 0o7777. */
  mode: number;
  /** Nanoseconds since the epoch. */
  mtimeNs: bigint;
}

/** A regular file; hard links to it share the node. */
export interface FileNode extends Metadata {
  type: "file";
  /** "sha256:<hex>" of the content. */
  digest: string;
  /** Bytes. */
  size: number;
  /** Equal for all hard links of a file; absent without hard links. */
  inode?: string;
}

/** A symbolic link; the host never follows it. */
export interface LinkNode extends Metadata {
  type: "symlink";
  target: string;
}

/** A folder. */
export interface DirectoryNode extends Metadata {
  type: "directory";
  /** By name. */
  children: Map<string, TreeNode>;
}

/** One entry of a {@link Tree}. */
export type TreeNode = FileNode | LinkNode | DirectoryNode;

/**
 * The files of an upload: names, metadata and digests in memory, contents in {@link UploadBlobs}.
 *
 * No path of a client becomes a path on the host's disk, so no entry can leave the upload. Nothing is lost to the file
 * system either: times keep their nanoseconds (`utimes` takes a double), modes do not lock the host out, and names need
 * not be valid on the host's file system.
 */
export class Tree {
  /** The context itself; its metadata is not sent. */
  readonly root: DirectoryNode = { type: "directory", mode: 0o755, mtimeNs: 0n, children: new Map() };
  #entries = 0;
  #size = 0;
  #text = 0;
  #inodes = 0;

  /** @param useMemory counts what the tree takes in memory, in bytes; throws when that is too much */
  constructor(
    readonly limits: UploadLimits,
    private readonly useMemory: (bytes: number) => void,
  ) {}

  /** Number of entries. */
  get entries(): number {
    return this.#entries;
  }

  /** Total size of all files, in bytes. */
  get size(): number {
    return this.#size;
  }

  /** Notes that a file has hard links. */
  addLink(node: FileNode): void {
    node.inode ??= String(++this.#inodes);
  }

  /** Returns the node at a clean path ("" is the root), or undefined. Does not follow symbolic links. */
  get(path: string): TreeNode | undefined {
    if (path === "") return this.root;
    let node: TreeNode | undefined = this.root;
    for (const name of path.split("/")) {
      if (node?.type !== "directory") return undefined;
      node = node.children.get(name);
    }
    return node;
  }

  /** Adds or replaces the node `name` in `parent`. */
  set(parent: DirectoryNode, name: string, node: TreeNode): void {
    const previous = parent.children.get(name);
    const text = nameLength(name) + (node.type === "symlink" ? nameLength(node.target) : 0);
    this.useMemory(entryBytes + text);
    this.#entries += previous ? 0 : 1;
    this.#size += contentSize(node) - contentSize(previous);
    this.#text += text;
    parent.children.set(name, node);
    const { entries, contentBytes, textBytes } = this.limits;
    if (this.#entries > entries) throw tooLarge(`it has more than ${entries} entries`);
    if (this.#size > contentBytes) throw tooLarge(`its files have more than ${contentBytes} bytes`);
    if (this.#text > textBytes) throw tooLarge(`its names have more than ${textBytes} bytes`);
  }

  /** All files with their paths, depth first, in the order of arrival. */
  *files(folder: DirectoryNode = this.root, prefix = ""): Generator<{ path: string; node: FileNode }> {
    for (const [name, node] of folder.children) {
      if (node.type === "file") yield { path: prefix + name, node };
      else if (node.type === "directory") yield* this.files(node, `${prefix}${name}/`);
    }
  }
}

function contentSize(node: TreeNode | undefined): number {
  return node?.type === "file" ? node.size : 0;
}

/**
 * Returns the names in a path. Refuses one that is not relative, clean (without ".", ".." and empty names) and valid
 * text. `field` is as in {@link entryRefused}.
 */
export function checkPath(path: string, limits: UploadLimits, field?: string): string[] {
  const refuse = (why: string): ConnectError => entryRefused(path.slice(0, 4096), why, field);
  if (path === "") throw refuse("its path is empty");
  if (path.startsWith("/")) throw refuse("its path is absolute");
  if (nameLength(path) > limits.pathBytes) throw refuse(`its path has more than ${limits.pathBytes} bytes`);
  if (path.includes("\0")) throw refuse("its name has a zero byte");
  if (mayBeReplaced(path)) throw refuse("its name is not valid UTF-8");
  const names = path.split("/");
  for (const name of names) {
    if (name === "..") throw refuse('its path leaves the context through ".."');
    if (name === "" || name === ".") throw refuse("its path is not clean");
    if (nameLength(name) > limits.nameBytes)
      throw refuse(`a name in its path has more than ${limits.nameBytes} bytes`);
  }
  return names;
}

/** Refuses an invalid link target. It may point anywhere, because BuildKit resolves it inside the context. */
export function checkTarget(path: string, target: string, limits: UploadLimits, field?: string): void {
  const refuse = (why: string): ConnectError => entryRefused(path, why, field);
  if (target === "") throw refuse("the symbolic link has no target");
  if (nameLength(target) > limits.pathBytes)
    throw refuse(`the link's target has more than ${limits.pathBytes} bytes`);
  if (target.includes("\0")) throw refuse("the link's target has a zero byte");
  if (mayBeReplaced(target)) throw refuse("the link's target is not valid UTF-8");
}

/** Refuses a time that does not fit into BuildKit's int64 of nanoseconds. */
export function checkTime(path: string, ns: bigint, field?: string): bigint {
  if (BigInt.asIntN(64, ns) !== ns) throw entryRefused(path, "its modification time is out of range", field);
  return ns;
}
