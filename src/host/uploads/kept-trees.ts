import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import {
  type UploadEntry,
  UploadEntrySchema,
  type UploadRecord,
  UploadRecordSchema,
} from "../../gen/slipway/state/v1/upload_record_pb.js";
import { nameBytes, nameOf } from "../../util/file-name.js";
import type { UploadLimits } from "./limits.js";
import { type DirectoryNode, type FileNode, Tree, type TreeNode } from "./tree.js";

/** The trees of uploads that the next host needs, as files `trees/<id>`. */
export class KeptTrees {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Opens `folder`, which no other process uses. */
  static async open(folder: string): Promise<KeptTrees> {
    const trees = join(folder, "trees");
    await mkdir(trees, { recursive: true, mode: 0o700 });
    return new KeptTrees(trees);
  }

  /** Stores an upload. */
  async put(id: string, record: UploadRecord): Promise<void> {
    const file = join(this.#folder, id);
    const draft = `${file}.new`;
    const handle = await open(draft, "w", 0o600);
    try {
      await handle.writeFile(toBinary(UploadRecordSchema, record));
      // After a power failure an empty file would be an upload without files.
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, file);
  }

  /** Removes an upload, if it is there. */
  async remove(id: string): Promise<void> {
    await rm(join(this.#folder, id), { force: true });
  }

  /** Reads all uploads. Files that a killed host left incomplete are removed. */
  async *all(): AsyncGenerator<[id: string, record: UploadRecord]> {
    for (const name of await readdir(this.#folder)) {
      const record = name.endsWith(".new") ? undefined : await this.#read(name);
      if (record) yield [name, record];
      else await this.remove(name);
    }
  }

  async #read(name: string): Promise<UploadRecord | undefined> {
    const bytes = await readFile(join(this.#folder, name));
    try {
      return fromBinary(UploadRecordSchema, bytes);
    } catch {
      return undefined;
    }
  }
}

/** The entries of a tree, each folder before what is in it. */
export function entriesOf({ root }: Tree): UploadEntry[] {
  const entries: UploadEntry[] = [];
  const visit = (folder: DirectoryNode, prefix: string) => {
    for (const [name, node] of folder.children) {
      const path = prefix + name;
      const { mode, mtimeNs } = node;
      entries.push(create(UploadEntrySchema, { path: nameBytes(path), mode, mtimeNs, kind: kindOf(node) }));
      if (node.type === "directory") visit(node, `${path}/`);
    }
  };
  visit(root, "");
  return entries;
}

function kindOf(node: TreeNode): MessageInitShape<typeof UploadEntrySchema>["kind"] {
  if (node.type === "symlink") return { case: "linkTarget", value: nameBytes(node.target) };
  if (node.type === "directory") return { case: "folder", value: {} };
  const { digest, size, inode } = node;
  return { case: "file", value: { digest, size: BigInt(size), inode } };
}

/**
 * The tree of entries.
 * @param claim claims the content of a file; the result is undefined when it cannot
 * @param useMemory as in {@link Tree}
 */
export function treeOf(
  entries: readonly UploadEntry[],
  limits: UploadLimits,
  claim: (digest: string, size: number) => boolean,
  useMemory: (bytes: number) => void,
): Tree | undefined {
  const tree = new Tree(limits, useMemory);
  const folders = new Map<string, DirectoryNode>([["", tree.root]]);
  const linked = new Map<string, FileNode>();
  for (const { path: bytes, mode, mtimeNs, kind } of entries) {
    const path = nameOf(bytes);
    const slash = path.lastIndexOf("/");
    const parent = folders.get(path.slice(0, Math.max(0, slash)));
    if (!parent) return undefined;
    let node: TreeNode;
    if (kind.case === "folder") {
      node = { type: "directory", mode, mtimeNs, children: new Map() };
      folders.set(path, node);
    } else if (kind.case === "linkTarget") {
      node = { type: "symlink", mode, mtimeNs, target: nameOf(kind.value) };
    } else if (kind.case === "file") {
      const { digest, size, inode } = kind.value;
      if (!claim(digest, Number(size))) return undefined;
      node = linked.get(inode) ?? { type: "file", mode, mtimeNs, digest, size: Number(size) };
      if (inode) {
        linked.set(inode, node);
        tree.addLink(node);
      }
    } else return undefined;
    tree.set(parent, path.slice(slash + 1), node);
  }
  return tree;
}
