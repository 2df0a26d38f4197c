import { basename, dirname } from "node:path/posix";
import { buffer } from "node:stream/consumers";
import { pack } from "tar-stream";
import { configFolder } from "./names.js";

/** Where the archive is unpacked; every container has this folder. */
export const archiveRoot = "/";

/** The files of a daemon's configuration as an archive for the container. */
export async function configArchive(files: Record<string, Uint8Array>): Promise<Buffer> {
  const tar = pack();
  const added = new Set(["/"]);
  const addFolder = (path: string) => {
    if (added.has(path)) return;
    addFolder(dirname(path));
    added.add(path);
    tar.entry({ name: `${path.slice(1)}/`, type: "directory", mode: 0o755 });
  };
  for (const [name, content] of Object.entries(files)) {
    const path = `${configFolder}/${name}`;
    addFolder(dirname(path));
    tar.entry({ name: `${dirname(path).slice(1)}/${basename(path)}`, mode: 0o644 }, Buffer.from(content));
  }
  tar.finalize();
  return buffer(tar);
}
