import { Code } from "@connectrpc/connect";
import { StatusError } from "../../errors/status-error.js";
import type { SourceEntry } from "./source.js";

/** Throws INVALID_ARGUMENT for an entry whose names are not UTF-8, where they have to be texts. */
export function requireText(path: string, { linkname = "" }: Pick<SourceEntry, "linkname">): void {
  const wrong = [path, linkname].find((name) => !name.isWellFormed());
  if (wrong === undefined) return;
  throw new StatusError(
    Code.InvalidArgument,
    `The name ${wrong.toWellFormed()} is not UTF-8. Only contexts of builds with BuildKit can have such names.`,
  );
}
