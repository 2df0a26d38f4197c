import { posix } from "node:path";
import { cleanPath } from "../inputs/files/clean-path.js";
import { type Filter, makeFilter } from "../inputs/files/filter.js";
import { readIgnoreFile } from "../inputs/files/ignore-file.js";
import type { FileSource } from "../inputs/files/source.js";

/**
 * Selects the files of a context to upload: all but those that its ignore file excludes. The Dockerfile and the ignore
 * files are always uploaded, since BuildKit reads them before the context. Rejects as makeFilter does.
 *
 * @param dockerfile path of the Dockerfile in the context; `<dockerfile>.dockerignore` takes precedence over
 * `.dockerignore`
 */
export async function uploadFilter(source: FileSource, dockerfile: string): Promise<Filter> {
  const clean = cleanPath(dockerfile);
  const exclude = await readIgnoreFile(source, { files: source, name: clean });
  const filter = await makeFilter(source, { include: [], exclude, follow: [] });

  const kept = new Set([clean, `${clean}.dockerignore`, ".dockerignore"]);
  // BuildKit's frontend also looks for the name in lower case.
  if (posix.basename(clean) === "Dockerfile") kept.add(posix.join(posix.dirname(clean), "dockerfile"));
  const walked = new Set<string>();
  for (const path of kept) for (let at = path; at !== "."; at = posix.dirname(at)) walked.add(at);
  return async (path, isFolder, parent) => {
    const verdict = await filter(path, isFolder, parent);
    return {
      ...verdict,
      kept: verdict.kept || kept.has(path),
      walked: verdict.walked || (isFolder && walked.has(path)),
    };
  };
}
