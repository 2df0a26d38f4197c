import { TimeSlice } from "../../util/time-slice.js";
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
  return ignorePatterns(content?.toString("utf8") ?? "");
}

async function read(files: FileSource, path: string): Promise<Buffer | undefined> {
  return readFile(files, path, maxIgnoreBytes).catch((cause) => {
    throw cause instanceof FileTooLarge ? ignoreFileTooLarge() : cause;
  });
}

/**
 * The patterns of an ignore file as BuildKit would send them: without comments and blank lines, paths cleaned and
 * relative to the context (moby/patternmatcher, ignorefile). Reads in turns with the events of the process.
 */
export async function ignorePatterns(content: string): Promise<string[]> {
  const text = content.replace(/^\ufeff/, "");
  const slice = new TimeSlice();
  const patterns: string[] = [];
  for (let at = 0; at < text.length; ) {
    if (slice.isOver) await slice.next();
    const found = text.indexOf("\n", at);
    const end = found < 0 ? text.length : found;
    const pattern = ignorePattern(text.slice(at, end));
    if (pattern !== undefined) patterns.push(pattern);
    at = end + 1;
  }
  return patterns;
}

/** The pattern of a line; undefined for a comment or a blank line. */
function ignorePattern(line: string): string | undefined {
  const text = line.trim();
  if (line.startsWith("#") || text === "") return undefined;
  const exclusion = text.startsWith("!");
  const path = exclusion ? text.slice(1).trim() : text;
  const cleaned = path === "" ? "" : cleanPath(path).replace(/^\/(?=.)/, "");
  return exclusion ? `!${cleaned}` : cleaned;
}
