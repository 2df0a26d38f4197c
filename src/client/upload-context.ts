import { realpath } from "node:fs/promises";
import { Code, ConnectError } from "@connectrpc/connect";
import { StatusError } from "../errors/status-error.js";
import { typedError } from "../errors/typed-error.js";
import { directorySource } from "../inputs/files/directory-source.js";
import type { Filter } from "../inputs/files/filter.js";
import { PatternError } from "../inputs/files/glob.js";
import type { FileSource } from "../inputs/files/source.js";
import { uploadFilter } from "./upload-ignore.js";

/** A folder that is about to be uploaded. */
export interface UploadContext {
  /** Its real path. */
  root: string;
  source: FileSource;
  filter: Filter;
}

/** Opens a folder and reads its ignore file. Throws CONTEXT_NOT_FOUND, CONTEXT_UNREADABLE or DOCKERIGNORE_INVALID. */
export async function openUploadContext(directory: string, dockerfile: string): Promise<UploadContext> {
  try {
    const root = await realpath(directory);
    const source = await directorySource(root);
    return { root, source, filter: await uploadFilter(source, dockerfile) };
  } catch (cause) {
    throw typedContextError(cause, directory);
  }
}

/** The typed error for what reading a folder threw; any other error as it is. */
export function typedContextError(cause: unknown, directory: string): unknown {
  if (cause instanceof ConnectError) return cause;
  if (cause instanceof PatternError)
    return typedError({
      code: Code.InvalidArgument,
      reason: "DOCKERIGNORE_INVALID",
      message: `the ignore file of ${directory} has an error: ${cause.message}`,
    });
  const code = (cause as NodeJS.ErrnoException).code;
  const gone = code === "ENOENT" || code === "ENOTDIR";
  if (!(cause instanceof StatusError) && typeof code !== "string") return cause;
  return typedError({
    code: gone ? Code.NotFound : Code.InvalidArgument,
    reason: gone ? "CONTEXT_NOT_FOUND" : "CONTEXT_UNREADABLE",
    message: `the context ${directory} cannot be uploaded: ${(cause as Error).message}`,
  });
}
