import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { errorText } from "../../../buildkit/error-text.js";
import { typedError } from "../../../errors/typed-error.js";
import type { HeldFileSchema, ReadFileRequest } from "../../../gen/slipway/v1/debug_pb.js";
import { toPosixMode } from "../../../inputs/files/file-mode.js";
import { withPeriod } from "../../../util/with-period.js";
import type { Gateway } from "../gateway.js";
import type { Tree } from "./walk.js";

/** Lists a folder, by name. Throws NOT_FOUND, reason FILES_UNREADABLE. */
export async function listFiles(
  trees: readonly Tree[],
  { tree, path }: { tree: string; path: string },
  { bridge, options }: Gateway,
): Promise<MessageInitShape<typeof HeldFileSchema>[]> {
  const ref = refOf(trees, tree);
  const { entries } = await bridge.readDir({ ref, dirPath: path || "/" }, options).catch(unreadable);
  return entries
    .map((entry) => ({
      name: Buffer.from(entry.path).toString(),
      mode: toPosixMode(entry.mode),
      uid: entry.uid,
      gid: entry.gid,
      size: entry.size,
      modificationTime: timestampFromMs(Number(entry.modTime / 1_000_000n)),
      linkTarget: Buffer.from(entry.linkname).toString(),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * Reads a part of a file. Throws NOT_FOUND, reason FILES_UNREADABLE.
 * @param maxBytes how many bytes it returns at most
 */
export async function readHeldFile(
  trees: readonly Tree[],
  { tree, path, offset, length }: ReadFileRequest,
  { bridge, options }: Gateway,
  maxBytes: number,
): Promise<Uint8Array> {
  const most = BigInt(maxBytes);
  const range = { offset, length: length > 0n && length < most ? length : most };
  const request = { ref: refOf(trees, tree), filePath: path, range };
  const { data } = await bridge.readFile(request, options).catch(unreadable);
  return data.subarray(0, maxBytes);
}

function refOf(trees: readonly Tree[], wanted: string): string {
  const name = wanted || "/";
  const tree = trees.find((each) => each.name === name);
  if (tree?.ref) return tree.ref;
  throw filesUnreadable(`There are no files ${JSON.stringify(name)}.`);
}

/** A lost connection, or a call that was ended, stays what it is. */
function unreadable(cause: unknown): never {
  const { code, rawMessage } = ConnectError.from(cause);
  if ([Code.Unavailable, Code.Canceled, Code.DeadlineExceeded].includes(code)) throw cause;
  throw filesUnreadable(withPeriod(errorText(rawMessage)));
}

function filesUnreadable(message: string): ConnectError {
  return typedError({ code: Code.NotFound, reason: "FILES_UNREADABLE", message });
}
