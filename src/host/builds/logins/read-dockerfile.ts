import { readFile } from "../../../inputs/files/read-file.js";
import type { FileSource } from "../../../inputs/files/source.js";

/** Maximum size of a Dockerfile that is read, in bytes; the largest ones of real projects have some 100 KiB. */
export const maxDockerfileBytes = 4 << 20;

/** The text of the Dockerfile that a frontend reads from the session; undefined where the host cannot read it. */
export async function readDockerfile(
  { context, dockerfilekey, filename = "Dockerfile" }: Readonly<Record<string, string>>,
  locals: Readonly<Record<string, FileSource>>,
): Promise<string | undefined> {
  const files = context && !dockerfilekey ? undefined : locals[dockerfilekey ?? "dockerfile"];
  const content = files && (await readFile(files, filename, maxDockerfileBytes).catch(() => undefined));
  return content?.toString();
}
