import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { promisify } from "node:util";
import { tarEntries } from "../../src/archive/tar-entries.js";
import type { Entry } from "./archive.js";

/** A package of the npm registry with Node.js for one platform. */
export interface RuntimePackage {
  name: string;
  version: string;
  /** Hash of its archive, as in package-lock.json. */
  integrity: string;
}

const files: Record<string, { path: string; executable?: boolean }> = {
  "package/bin/node": { path: "runtime/bin/node", executable: true },
  "package/LICENSE": { path: "runtime/LICENSE" },
};

/** Node.js and its licence, from the registry or npm's cache. Rejects unless the package has the pinned hash. */
export async function runtimeEntries({ name, version, integrity }: RuntimePackage): Promise<Entry[]> {
  const folder = await mkdtemp(join(tmpdir(), "slipway-package-"));
  try {
    const request = [
      "pack",
      `${name}@${version}`,
      "--prefer-offline",
      "--silent",
      "--pack-destination",
      folder,
    ];
    await promisify(execFile)("npm", request);
    const archive = join(folder, `${name}-${version}.tgz`);
    const actual = `sha512-${createHash("sha512")
      .update(await readFile(archive))
      .digest("base64")}`;
    if (actual !== integrity) {
      throw new Error(`${name}@${version} has the integrity ${actual} instead of ${integrity}`);
    }
    const entries: Entry[] = [];
    for await (const { header, content } of tarEntries(
      createReadStream(archive),
      new AbortController().signal,
    )) {
      const file = files[header.name];
      if (!file) continue;
      const bytes = await buffer(content);
      entries.push({ ...file, read: async () => bytes });
    }
    if (entries.length < Object.keys(files).length) {
      throw new Error(`${name}@${version} lacks one of ${Object.keys(files).join(", ")}`);
    }
    return entries;
  } finally {
    await rm(folder, { recursive: true });
  }
}
