import { createHash } from "node:crypto";
import type { Entry } from "./archive.js";
import { type PackedFile, packFile } from "./zip.js";

/** A compressed file of an archive that lists the hashes of its files. */
export interface HashedFile extends PackedFile {
  /** Of the content. */
  sha256: Buffer;
}

/** Compresses and hashes a file. */
export async function hashedFile(path: string, bytes: Buffer, executable?: boolean): Promise<HashedFile> {
  const sha256 = createHash("sha256").update(bytes).digest();
  return { ...(await packFile({ path, executable, bytes })), sha256 };
}

/** The files among entries. Wheels and jars have no links: what starts the program names its own file. */
export async function hashedFiles(entries: readonly Entry[]): Promise<HashedFile[]> {
  const files: HashedFile[] = [];
  for (const entry of entries)
    if ("read" in entry) files.push(await hashedFile(entry.path, await entry.read(), entry.executable));
  return files;
}
