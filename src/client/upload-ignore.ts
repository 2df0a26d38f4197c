import { posix } from "node:path";
import { type Filter, makeFilter } from "../buildkit/filesync/filter.js";
import { cleanPath } from "../buildkit/filesync/pattern.js";
import type { FileSource } from "../buildkit/filesync/source.js";

/**
 * What of a context is uploaded: all but what its ignore file lists. The Dockerfile and the ignore files are uploaded
 * even when they are ignored, since BuildKit reads them before it looks at the context.
 *
 * @param dockerfile path of the Dockerfile in the context; `<dockerfile>.dockerignore` counts before `.dockerignore`
 */
export async function uploadFilter(source: FileSource, dockerfile: string): Promise<Filter> {
  const clean = cleanPath(dockerfile);
  const own = `${clean}.dockerignore`;
  const lines = (await readLines(source, own)) ?? (await readLines(source, ".dockerignore")) ?? [];
  const filter = await makeFilter(source, { include: [], exclude: ignorePatterns(lines), follow: [] });

  const kept = new Set([clean, own, ".dockerignore"]);
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

/**
 * The patterns of an ignore file as BuildKit would send them: comments and blank lines left out, paths cleaned and
 * taken relative to the context (moby/patternmatcher, ignorefile).
 */
export function ignorePatterns(lines: string[]): string[] {
  return lines.flatMap((line, index) => {
    const text = (index === 0 ? line.replace(/^\ufeff/, "") : line).replace(/\r$/, "");
    if (text.startsWith("#") || text.trim() === "") return [];
    const exclusion = text.trim().startsWith("!");
    const path = exclusion ? text.trim().slice(1).trim() : text.trim();
    const cleaned = path === "" ? "" : cleanPath(path).replace(/^\/(?=.)/, "");
    return [exclusion ? `!${cleaned}` : cleaned];
  });
}

async function readLines(source: FileSource, path: string): Promise<string[] | undefined> {
  const [entry] = await source.stat([path]);
  if (!entry) return undefined;
  const file = await source.open(path);
  try {
    const content = Buffer.alloc(entry.size);
    let size = 0;
    for (let read = -1; read !== 0 && size < content.length; size += read)
      read = await file.read(content.subarray(size));
    return content.toString("utf8", 0, size).split("\n");
  } finally {
    await file.close();
  }
}
