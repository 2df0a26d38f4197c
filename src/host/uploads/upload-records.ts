import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  type UploadEntry,
  UploadEntrySchema,
  type UploadRecord,
  UploadRecordSchema,
} from "../../gen/slipway/state/v1/upload_record_pb.js";
import { nameBytes, nameOf } from "../../util/file-name.js";
import { TimeSlice } from "../../util/time-slice.js";
import type { Principal, Role } from "../access/principal.js";
import type { UploadLimits } from "./limits.js";
import { type DirectoryNode, type FileNode, Tree, type TreeNode } from "./tree.js";

/** Most entries of one part, and most bytes of their names after which a part ends. */
const partLimits = { entries: 500, nameBytes: 256 << 10 };

/**
 * The record of an upload in parts: the first one has all but the entries, each further one some of them. Other events of
 * the host are handled between two parts.
 */
export async function* partsOf(owner: Principal, cacheKey: string, tree: Tree): AsyncGenerator<UploadRecord> {
  const { id, role, groups } = owner;
  yield create(UploadRecordSchema, {
    owner: id,
    role,
    groups: [...groups],
    cacheKey,
    entryCount: tree.entries,
  });
  const slice = new TimeSlice();
  let entries: UploadEntry[] = [];
  let names = 0;
  for (const entry of entriesOf(tree)) {
    entries.push(entry);
    names += entry.name.length + (entry.kind.case === "linkTarget" ? entry.kind.value.length : 0);
    if (entries.length < partLimits.entries && names < partLimits.nameBytes) continue;
    yield create(UploadRecordSchema, { entries });
    entries = [];
    names = 0;
    await slice.next();
  }
  if (entries.length > 0) yield create(UploadRecordSchema, { entries });
}

/** The owner of a stored upload, with the rights that they had when they sent it. */
export function ownerOf({ owner, role, groups }: UploadRecord): Principal {
  return { id: owner, role: (role || undefined) as Role | undefined, groups };
}

/** The entries of a tree, each folder before what is in it. Folders may be nested deeply, so this does not recurse. */
function* entriesOf({ root }: Tree): Generator<UploadEntry> {
  const open = [{ folderNumber: 0, children: root.children.entries() }];
  let folders = 0;
  for (let folder = open.at(-1); folder; folder = open.at(-1)) {
    const { value, done } = folder.children.next();
    if (done) {
      open.pop();
      continue;
    }
    const [name, node] = value;
    const { mode, mtimeNs } = node;
    const { folderNumber } = folder;
    yield create(UploadEntrySchema, {
      name: nameBytes(name),
      folderNumber,
      mode,
      mtimeNs,
      kind: kindOf(node),
    });
    if (node.type === "directory") open.push({ folderNumber: ++folders, children: node.children.entries() });
  }
}

function kindOf(node: TreeNode): MessageInitShape<typeof UploadEntrySchema>["kind"] {
  if (node.type === "symlink") return { case: "linkTarget", value: nameBytes(node.target) };
  if (node.type === "directory") return { case: "folder", value: {} };
  const { digest, size, inode } = node;
  return { case: "file", value: { digest, size: BigInt(size), inode } };
}

/**
 * The tree of a record's entries; undefined when they are not those of a tree. Other events of the host are handled between
 * two parts.
 * @param claim claims the content of a file; the result is false when it cannot
 * @param useMemory as in {@link Tree}
 */
export async function treeOf(
  parts: Iterable<UploadRecord> | AsyncIterable<UploadRecord>,
  limits: UploadLimits,
  claim: (digest: string, size: number) => boolean,
  useMemory: (bytes: number) => void,
): Promise<Tree | undefined> {
  const tree = new Tree(limits, useMemory);
  const folders: DirectoryNode[] = [tree.root];
  const linked = new Map<string, FileNode>();
  const slice = new TimeSlice();
  const add = ({ name: bytes, folderNumber, mode, mtimeNs, kind }: UploadEntry): boolean => {
    const name = nameOf(bytes);
    const parent = folders[folderNumber];
    if (!parent || name === "" || name.includes("/")) return false;
    let node: TreeNode;
    if (kind.case === "folder") {
      node = { type: "directory", mode, mtimeNs, children: new Map() };
      folders.push(node);
    } else if (kind.case === "linkTarget") {
      node = { type: "symlink", mode, mtimeNs, target: nameOf(kind.value) };
    } else if (kind.case === "file") {
      const { digest, inode } = kind.value;
      const size = Number(kind.value.size);
      if (!(size >= 0) || !claim(digest, size)) return false;
      node = linked.get(inode) ?? { type: "file", mode, mtimeNs, digest, size };
      if (inode) {
        linked.set(inode, node);
        tree.addLink(node);
      }
    } else return false;
    tree.set(parent, name, node);
    return true;
  };
  for await (const { entries } of parts) {
    if (!entries.every(add)) return undefined;
    await slice.next();
  }
  return tree;
}
