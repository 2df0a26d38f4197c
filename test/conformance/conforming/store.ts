import { createHash, randomUUID } from "node:crypto";
import {
  createReadStream,
  createWriteStream,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { extract } from "tar-stream";
import { Code, driverError, type ImageStore, type StoreRef } from "../../../src/driver/index.js";

/** The variable with the folder of the store. */
export const storeVariable = "SAMPLE_STORE";

/** The file with the ids of images, by name. */
export function tagsFile(folder: string): string {
  return join(folder, "tags.json");
}

/** An image store: a folder with archives. */
export function sampleStore(): ImageStore {
  return {
    async get(ref) {
      folderOf(ref);
      return { oci: true, description: "A folder of archives" };
    },
    async load(ref, archive, { progress }) {
      const folder = folderOf(ref);
      const file = join(folder, randomUUID());
      progress({ id: "load", name: "Loading the archive" });
      try {
        await pipeline(Readable.from(archive), createWriteStream(file));
        const names = await namesIn(file);
        const id = `sha256:${createHash("sha256").update(readFileSync(file)).digest("hex")}`;
        renameSync(file, join(folder, id));
        const tags = { ...readTags(folder), ...Object.fromEntries(names.map((name) => [name, id])) };
        writeFileSync(tagsFile(folder), JSON.stringify(tags));
        return names;
      } finally {
        rmSync(file, { force: true });
      }
    },
    findLayers: async (ref) => {
      folderOf(ref);
      return [];
    },
    async save(ref, names, archive) {
      for (const name of names) {
        for await (const chunk of createReadStream(archiveOf(ref, name))) await archive.write(chunk);
      }
    },
    async push(ref, { name }) {
      archiveOf(ref, name);
      throw driverError({
        code: Code.Unavailable,
        reason: "REGISTRY_UNREACHABLE",
        message: "There is no registry.",
      });
    },
    async list(ref, { name }) {
      const tags = Object.entries(readTags(folderOf(ref)));
      return tags.filter(([tag]) => !name || tag === name).map(([tag, id]) => ({ id, names: [tag] }));
    },
    async remove(ref, { name }) {
      const folder = folderOf(ref);
      const { [name]: _, ...rest } = readTags(folder);
      writeFileSync(tagsFile(folder), JSON.stringify(rest));
    },
  };
}

function folderOf({ environment }: StoreRef): string {
  const folder = environment[storeVariable] ?? "/nonexistent";
  if (existsSync(folder)) return folder;
  throw driverError({
    code: Code.Unavailable,
    reason: "STORE_GONE",
    message: `There is no folder ${folder}.`,
  });
}

function readTags(folder: string): Record<string, string> {
  return existsSync(tagsFile(folder)) ? JSON.parse(readFileSync(tagsFile(folder), "utf8")) : {};
}

function archiveOf(ref: StoreRef, name: string): string {
  const folder = folderOf(ref);
  const id = readTags(folder)[name];
  if (id) return join(folder, id);
  throw driverError({
    code: Code.NotFound,
    reason: "IMAGE_NOT_FOUND",
    message: `There is no image ${name}.`,
  });
}

async function namesIn(file: string): Promise<string[]> {
  const files = extract();
  const read = pipeline(createReadStream(file), files);
  let names: string[] | undefined;
  try {
    for await (const entry of files) {
      const content = await text(entry);
      if (entry.header.name === "manifest.json") names = JSON.parse(content)[0].RepoTags;
    }
    await read;
    if (names) return names;
  } catch {
    // The archive is truncated or invalid.
  }
  await read.catch(() => {});
  throw driverError({
    code: Code.InvalidArgument,
    reason: "ARCHIVE_INVALID",
    message: "The data is not an archive.",
  });
}
