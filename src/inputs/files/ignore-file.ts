import { cleanPath } from "./clean-path.js";
import { ignoreFileTooLarge, maxIgnoreBytes } from "./ignore-limits.js";
import { FileTooLarge, readFile } from "./read-file.js";
import type { FileSource } from "./source.js";

/** A Dockerfile and its folder. */
export interface DockerfilePlace {
  files: FileSource;
  /** Path in the folder. */
  name: string;
}

/**
 * The patterns of the ignore file for a Dockerfile: `<dockerfile>.dockerignore` beside it, else `.dockerignore` of the
 * context; none when there is neither. Rejects with DOCKERIGNORE_TOO_LARGE.
 * @param dockerfile absent for a named context
 */
export async function readIgnoreFile(context: FileSource, dockerfile?: DockerfilePlace): Promise<string[]> {
  const own = dockerfile && (await read(dockerfile.files, `${cleanPath(dockerfile.name)}.dockerignore`));
  const content = own ?? (await read(context, ".dockerignore"));
  return ignorePatterns(content?.toString("utf8").split("\n") ?? []);
}

async function read(files: FileSource, path: string): Promise<Buffer | undefined> {
  return readFile(files, path, maxIgnoreBytes).catch((cause) => {
    throw cause instanceof FileTooLarge ? ignoreFileTooLarge() : cause;
  });
}

/**
 * The patterns of an ignore file as BuildKit would send them: without comments and blank lines, paths cleaned and
 * relative to the context (moby/patternmatcher, ignorefile).
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
