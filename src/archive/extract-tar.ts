import { createWriteStream } from "node:fs";
import { chmod, lstat, mkdir, rm, symlink, utimes } from "node:fs/promises";
import { dirname, join, normalize, sep } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { extract, type Header } from "tar-stream";
import { makeFolder } from "../util/make-folder.js";

/** Unpacks the files of a build into a folder; what is there stays unless the archive has it. Nothing leaves the folder. */
export async function extractTar(archive: Readable, folder: string): Promise<void> {
  await makeFolder(folder);
  const unpack = extract();
  const broken = new AbortController();
  const done = pipeline(archive, unpack);
  // The file that is being written would wait for ever for the rest of a broken archive.
  done.catch((cause) => broken.abort(cause));
  // A folder's time changes with each file that is put into it.
  const folders: { path: string; header: Header }[] = [];
  try {
    for await (const entry of unpack) {
      const { header } = entry;
      const path = join(folder, safeName(header.name));
      await requireFolders(folder, dirname(path));
      if (header.type === "directory") {
        await mkdir(path, { recursive: true });
        folders.push({ path, header });
        entry.resume();
      } else {
        await rm(path, { force: true });
        if (header.type === "symlink") await symlink(header.linkname!, path);
        else if (header.type === "file") {
          await pipeline(entry, createWriteStream(path, { mode: header.mode }), broken);
          await setTimes(path, header);
        } else
          throw new Error(`the output has ${header.name}, a ${header.type}, which cannot be written here`);
        entry.resume();
      }
    }
    await done;
    for (const { path, header } of folders.reverse()) {
      await chmod(path, header.mode ?? 0o755);
      await setTimes(path, header);
    }
  } catch (error) {
    unpack.destroy();
    await done.catch(() => {});
    throw broken.signal.aborted && error instanceof Error && error.name === "AbortError"
      ? broken.signal.reason
      : error;
  }
}

function safeName(name: string): string {
  const path = normalize(name);
  if (path.startsWith(sep) || path.split(sep).includes(".."))
    throw new Error(`the output has the path ${name}`);
  return path;
}

/** Makes the folders down to `path`, none of which may be a link. */
async function requireFolders(root: string, path: string): Promise<void> {
  if (path === root || !path.startsWith(root)) return;
  await requireFolders(root, dirname(path));
  const stats = await lstat(path).catch(() => undefined);
  if (!stats) await mkdir(path);
  else if (!stats.isDirectory()) throw new Error(`${path} is not a folder, but the output has files in it`);
}

async function setTimes(path: string, { mtime }: Header): Promise<void> {
  if (mtime) await utimes(path, mtime, mtime);
}
