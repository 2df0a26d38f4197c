import { constants } from "node:fs";
import { access, realpath, stat } from "node:fs/promises";
import { inputError, unreadableContext } from "./unreadable.js";

/** Checks that a context folder can be read; returns its real path. */
export async function openContextFolder(field: string, path: string): Promise<string> {
  const refuse = (error: NodeJS.ErrnoException) => {
    throw unreadableContext(field, path, error);
  };
  const root = await realpath(path).catch(refuse);
  if (!(await stat(root)).isDirectory()) {
    const message = `unable to prepare context: ${path} is not a directory`;
    throw inputError(field, "CONTEXT_NOT_A_DIRECTORY", message);
  }
  await access(root, constants.R_OK | constants.X_OK).catch(refuse);
  return root;
}
