import { isSymlink } from "./file-mode.js";
import type { FileSource } from "./source.js";

/** Linux follows as many links in one path. */
export const maxLinks = 40;

/**
 * The path in a tree that a path leads to, with symbolic links followed; `..` and absolute links stop at the root, as in a
 * chroot. Undefined above {@link maxLinks}. What is there need not exist.
 */
export async function resolveLinks(source: FileSource, path: string): Promise<string | undefined> {
  const left = path.split("/").reverse();
  let done: string[] = [];
  for (let links = 0; left.length > 0; ) {
    const part = left.pop()!;
    if (part === "..") done.pop();
    if (part === ".." || part === "." || part === "") continue;
    const [entry] = await source.stat([[...done, part].join("/")]);
    if (!entry?.linkname || !isSymlink(entry.mode)) {
      done.push(part);
      continue;
    }
    if (++links > maxLinks) return undefined;
    if (entry.linkname.startsWith("/")) done = [];
    left.push(...entry.linkname.split("/").reverse());
  }
  return done.join("/");
}
