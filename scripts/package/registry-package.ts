import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { promisify } from "node:util";
import { tarEntries } from "../../src/archive/tar-entries.js";

/** A package of the npm registry. */
export interface RegistryPackage {
  name: string;
  version: string;
  /** Hash of its archive, as in package-lock.json. */
  integrity: string;
}

/**
 * The files of a package by their paths in it, from the registry or npm's cache. Rejects unless the package has the
 * pinned hash.
 */
export async function registryFiles({
  name,
  version,
  integrity,
}: RegistryPackage): Promise<Map<string, Buffer>> {
  const folder = await mkdtemp(join(tmpdir(), "slipway-package-"));
  try {
    const options = ["--prefer-offline", "--silent", "--pack-destination", folder];
    await promisify(execFile)("npm", ["pack", `${name}@${version}`, ...options]);
    const archive = join(folder, (await readdir(folder))[0]!);
    const actual = `sha512-${createHash("sha512")
      .update(await readFile(archive))
      .digest("base64")}`;
    if (actual !== integrity) {
      throw new Error(`${name}@${version} has the integrity ${actual} instead of ${integrity}`);
    }
    const files = new Map<string, Buffer>();
    const entries = tarEntries(createReadStream(archive), new AbortController().signal);
    for await (const { header, content } of entries) {
      if (header.type === "file") files.set(header.name.replace(/^[^/]+\//, ""), await buffer(content));
    }
    return files;
  } finally {
    await rm(folder, { recursive: true });
  }
}
