import { realpath } from "node:fs/promises";
import { Code, ConnectError } from "@connectrpc/connect";
import { StatusError } from "../errors/status-error.js";
import { typedError } from "../errors/typed-error.js";
import type { Filter } from "../inputs/files/filter.js";
import { folderSource } from "../inputs/files/folder-source.js";
import { PatternError } from "../inputs/files/glob.js";
import type { FileSource } from "../inputs/files/source.js";
import { uploadFilter } from "./upload-ignore.js";

/** A folder to upload. */
export interface UploadContext {
  /** Its real path. */
  root: string;
  source: FileSource;
  filter: Filter;
}

/** Opens a folder and reads its ignore file. Throws CONTEXT_NOT_FOUND, CONTEXT_UNREADABLE or DOCKERIGNORE_*. */
export async function openUploadContext(folder: string, dockerfile: string): Promise<UploadContext> {
  try {
    const root = await realpath(folder);
    const source = await folderSource(root);
    return { root, source, filter: await uploadFilter(source, dockerfile) };
  } catch (cause) {
    throw typedContextError(cause, folder);
  }
}

/** Converts an error of reading a folder into a typed error. Returns other errors unchanged. */
export function typedContextError(cause: unknown, folder: string): unknown {
  if (cause instanceof ConnectError) return cause;
  if (cause instanceof PatternError)
    return typedError({
      code: Code.InvalidArgument,
      reason: "DOCKERIGNORE_INVALID",
      message: `The ignore file of ${folder} is invalid: ${cause.message}`,
    });
  const code = (cause as NodeJS.ErrnoException).code;
  const gone = code === "ENOENT" || code === "ENOTDIR";
  if (!(cause instanceof StatusError) && typeof code !== "string") return cause;
  return typedError({
    code: gone ? Code.NotFound : Code.InvalidArgument,
    reason: gone ? "CONTEXT_NOT_FOUND" : "CONTEXT_UNREADABLE",
    message: `The context ${folder} cannot be uploaded: ${(cause as Error).message}`,
  });
}
