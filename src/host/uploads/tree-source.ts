import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { toGoMode } from "../../inputs/files/file-mode.js";
import type { FileSource, SourceEntry, SourceFile, SourceName } from "../../inputs/files/source.js";
import type { Tree, TreeNode } from "./tree.js";
import type { UploadBlobs } from "./upload-blobs.js";

/** An upload as the source of a context: metadata from its tree, contents from the store. */
export class TreeSource implements FileSource {
  constructor(
    private readonly tree: Tree,
    private readonly store: UploadBlobs,
  ) {}

  async list(folder: string): Promise<SourceName[]> {
    const node = this.tree.get(folder);
    if (node?.type !== "directory") return [];
    return Array.from(node.children, ([name, child]) => ({ name, isFolder: child.type === "directory" }));
  }

  async stat(paths: string[]): Promise<(SourceEntry | undefined)[]> {
    return paths.map((path) => {
      const node = this.tree.get(path);
      return node && toEntry(node);
    });
  }

  async open(path: string): Promise<SourceFile> {
    const node = this.tree.get(path);
    if (node?.type !== "file") throw new Error(`${path} is not a file of the upload`);
    return new BlobFile(await open(this.store.path(node.digest)), node.size, path);
  }
}

/** Reads a blob, and fails when it is shorter than the upload said. */
class BlobFile implements SourceFile {
  #left: number;

  constructor(
    private readonly file: FileHandle,
    size: number,
    private readonly path: string,
  ) {
    this.#left = size;
  }

  async read(target: Uint8Array): Promise<number> {
    const { bytesRead } = await this.file.read(target, 0, target.length, null);
    this.#left -= bytesRead;
    if (bytesRead === 0 && this.#left > 0)
      throw new Error(`the stored content of ${this.path} is ${this.#left} bytes short`);
    return bytesRead;
  }

  close(): Promise<void> {
    return this.file.close();
  }
}

const posixType = { file: constants.S_IFREG, directory: constants.S_IFDIR, symlink: constants.S_IFLNK };

function toEntry(node: TreeNode): SourceEntry {
  const mode = toGoMode(posixType[node.type] | node.mode);
  const modTime = node.mtimeNs;
  switch (node.type) {
    case "directory":
      return { mode, modTime, size: 0 };
    case "symlink":
      return { mode, modTime, size: Buffer.byteLength(node.target), linkname: node.target };
    case "file":
      return { mode, modTime, size: node.size, ...(node.inode && { inode: node.inode }) };
  }
}
