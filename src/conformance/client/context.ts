import { randomBytes } from "node:crypto";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { EntryType } from "../../gen/slipway/v1/upload_pb.js";
import { must } from "../report/violation.js";
import type { Subject } from "./subject.js";
import { digestOf, type UploadStore } from "./upload-store.js";

const dockerfile = Buffer.from("FROM scratch\nCOPY . /\n");
/** A file that needs several chunks. */
export const big = randomBytes(300 << 10);
/** The files of the context, by path. */
export const files: Record<string, Buffer> = {
  Dockerfile: dockerfile,
  big,
  empty: Buffer.alloc(0),
  "folder/below/text": Buffer.from("hello\n"),
};

/** Makes a folder with {@link files}, and with a link. */
export async function makeContext(subject: Subject): Promise<string> {
  const folder = join(await subject.folder(), "context");
  await mkdir(join(folder, "folder/below"), { recursive: true });
  for (const [path, content] of Object.entries(files)) await writeFile(join(folder, path), content);
  await symlink("folder/below/text", join(folder, "link"));
  return folder;
}

/** Throws unless an upload has the entries of that folder. */
export function mustHaveEntries({ entries }: UploadStore): void {
  const paths = entries.map(({ path }) => path);
  for (const [index, path] of paths.entries()) {
    const parent = path.split("/").slice(0, -1).join("/");
    must(!parent || paths.slice(0, index).includes(parent), `The entry ${path} comes before its folder.`);
  }
  const find = (path: string) => {
    const entry = entries.find((each) => each.path === path);
    must(entry, `There is no entry ${path}.`);
    return entry;
  };
  must(find("folder").type === EntryType.DIRECTORY, "The entry folder is not a DIRECTORY.");
  const { type, linkTarget } = find("link");
  must(
    type === EntryType.SYMLINK && linkTarget === "folder/below/text",
    "The entry link has another type or target.",
  );
  for (const [path, content] of Object.entries(files)) {
    const { type, digest, sizeBytes } = find(path);
    const fits =
      type === EntryType.FILE && digest === digestOf(content) && sizeBytes === BigInt(content.length);
    must(fits, `The entry ${path} has another type, digest or size.`);
  }
}
