import { readFile } from "../../../inputs/files/read-file.js";
import { resolveLinks } from "../../../inputs/files/resolve-links.js";
import type { FileSource } from "../../../inputs/files/source.js";

/** Maximum size of a Dockerfile that is read, in bytes; the largest ones of real projects have some 100 KiB. */
export const maxDockerfileBytes = 4 << 20;

/**
 * The text of the Dockerfile that a frontend reads from the session; empty where the host cannot read it, and so cannot
 * send it to BuildKit, or where it is too large. Undefined for one that BuildKit fetches itself.
 */
export async function readDockerfile(
  { context, dockerfilekey, filename = "Dockerfile" }: Readonly<Record<string, string>>,
  locals: Readonly<Record<string, FileSource>>,
): Promise<string | undefined> {
  if (context && !dockerfilekey) return undefined;
  const files = locals[dockerfilekey ?? "dockerfile"];
  // BuildKit falls back in the same way.
  const names = filename === "Dockerfile" ? [filename, "dockerfile"] : [filename];
  for (const name of files ? names : []) {
    const content = await read(files!, name).catch(() => undefined);
    if (content) return content.toString();
  }
  return "";
}

async function read(files: FileSource, name: string): Promise<Buffer | undefined> {
  const path = await resolveLinks(files, name);
  return path === undefined ? undefined : readFile(files, path, maxDockerfileBytes);
}
