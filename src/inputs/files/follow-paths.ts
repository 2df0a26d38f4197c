import { cleanPath } from "./clean-path.js";
import { isSymlink } from "./file-mode.js";
import { matchGlob } from "./glob.js";
import type { FileSource } from "./source.js";

/** Linux follows as many links in one path. */
const maxLinks = 40;

/**
 * Resolves the symbolic links in paths, so that the links and their targets are both sent. The last component of
 * every step may have wildcards. Returns patterns without those below another one, or undefined when all is wanted.
 */
export async function followPaths(source: FileSource, paths: string[]): Promise<string[] | undefined> {
  const resolved = new Set<string>();
  const visited = new Set<string>();

  async function follow(path: string, links: number): Promise<void> {
    if (visited.has(path) || links > maxLinks) return;
    visited.add(path);
    const parts = path.split("/");
    for (let length = 1; length <= parts.length; length++) {
      const current = parts.slice(0, length).join("/");
      const rest = parts.slice(length);
      const targets = await linkTargets(source, current);
      if (targets.length > 0 || rest.length === 0) resolved.add(current);
      for (const target of targets) await follow(insideRoot([target, ...rest].join("/")), links + 1);
      if (targets.length > 0) return;
    }
  }

  for (const path of paths) await follow(insideRoot(path), 0);
  // "" is the root itself.
  return resolved.has("") ? undefined : withoutNested([...resolved]);
}

/** Targets of the links that a path names; its last component may have wildcards. */
async function linkTargets(source: FileSource, path: string): Promise<string[]> {
  if (path === "") return [];
  const folder = path.slice(0, Math.max(0, path.lastIndexOf("/")));
  const base = path.slice(path.lastIndexOf("/") + 1);
  let candidates = [path];
  if (/[*?[]/.test(base.replace(/\\./g, ""))) {
    const names = await source.list(folder);
    candidates = names
      .filter(({ name }) => matchGlob(base, name))
      .map(({ name }) => (folder ? `${folder}/${name}` : name));
  }
  const entries = await source.stat(candidates);
  return entries.flatMap((entry) => {
    if (!entry?.linkname || !isSymlink(entry.mode)) return [];
    return [entry.linkname.startsWith("/") ? entry.linkname : `${folder}/${entry.linkname}`];
  });
}

/** A clean path relative to the root; `..` stops at the root, as in a chroot. */
function insideRoot(path: string): string {
  return cleanPath(`/${path}`).slice(1);
}

function withoutNested(paths: string[]): string[] {
  const all = new Set(paths);
  return paths.sort().filter((path) => {
    for (let i = path.indexOf("/"); i >= 0; i = path.indexOf("/", i + 1))
      if (all.has(path.slice(0, i))) return false;
    return true;
  });
}
