import { posix } from "node:path";
import { cleanPath } from "../inputs/files/clean-path.js";
import { type Filter, makeFilter } from "../inputs/files/filter.js";
import { readIgnoreFile } from "../inputs/files/ignore-file.js";
import type { FileSource } from "../inputs/files/source.js";

/**
 * What of a context is uploaded: all but what its ignore file lists. The Dockerfile and the ignore files are uploaded
 * even when they are ignored, since BuildKit reads them before it looks at the context.
 *
 * @param dockerfile path of the Dockerfile in the context; `<dockerfile>.dockerignore` counts before `.dockerignore`
 */
export async function uploadFilter(source: FileSource, dockerfile: string): Promise<Filter> {
  const clean = cleanPath(dockerfile);
  const exclude = await readIgnoreFile(source, { files: source, name: clean });
  const filter = await makeFilter(source, { include: [], exclude, follow: [] });

  const kept = new Set([clean, `${clean}.dockerignore`, ".dockerignore"]);
  // BuildKit's frontend looks for that name too.
  if (posix.basename(clean) === "Dockerfile") kept.add(posix.join(posix.dirname(clean), "dockerfile"));
  const walked = new Set<string>();
  for (const path of kept) for (let at = path; at !== "."; at = posix.dirname(at)) walked.add(at);
  return (path, directory, parent) => {
    const verdict = filter(path, directory, parent);
    return {
      ...verdict,
      kept: verdict.kept || kept.has(path),
      walked: verdict.walked || (directory && walked.has(path)),
    };
  };
}
