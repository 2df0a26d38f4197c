import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Extract, Header } from "tar-stream";
import { ConfinedFolder } from "../util/confined-folder.js";
import { makeFolder } from "../util/make-folder.js";
import { extractTarEntries, withNames } from "./tar-names.js";

/**
 * Unpacks the output of a build into a folder and nowhere else: no link is followed. Existing entries stay unless the
 * archive replaces them.
 */
export async function extractTar(archive: Readable, path: string): Promise<void> {
  await makeFolder(path);
  const folder = await ConfinedFolder.open(path);
  const unpack = extractTarEntries();
  const broken = new AbortController();
  const done = pipeline(archive, unpack);
  // Otherwise the file that is being written would wait forever for the rest of a broken archive.
  done.catch((cause) => broken.abort(cause));
  // The time of a folder changes with each entry that is added to it.
  const folders: Header[] = [];
  try {
    for await (const entry of unpack) {
      const header = withNames(entry.header);
      await addEntry(folder, header, entry, broken.signal);
      if (header.type === "directory") folders.push(header);
      entry.resume();
    }
    await done;
    for (const { name, mode, mtime } of folders.reverse()) await folder.setFolder(name, mode ?? 0o755, mtime);
  } catch (error) {
    unpack.destroy();
    await done.catch(() => {});
    throw broken.signal.aborted && error instanceof Error && error.name === "AbortError"
      ? broken.signal.reason
      : error;
  } finally {
    await folder.close();
  }
}

type Entry = Extract extends AsyncIterable<infer T> ? T : never;

async function addEntry(
  folder: ConfinedFolder,
  { name, type, mode, mtime, linkname }: Header,
  content: Entry,
  signal: AbortSignal,
): Promise<void> {
  switch (type) {
    case "directory":
      if (!isRoot(name)) await folder.makeFolder(name);
      break;
    case "file":
      await folder.replace(name, async (temporary) => {
        const file = await folder.createFile(temporary, mode);
        await pipeline(content, file.createWriteStream(), { signal });
        if (mtime) await folder.setTime(temporary, mtime);
      });
      break;
    case "symlink":
      await folder.replace(name, (temporary) => folder.symlink(linkname!, temporary));
      break;
    case "link":
      await folder.replace(name, (temporary) => folder.hardLink(linkname!, temporary));
      break;
    default:
      throw new Error(`The output has ${name}, a ${type}, which cannot be created here.`);
  }
}

function isRoot(name: string): boolean {
  return name.split("/").every((part) => part === "" || part === ".");
}
