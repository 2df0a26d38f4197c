import { Code, type ConnectError } from "@connectrpc/connect";
import { typedError } from "../../errors/typed-error.js";
import { TimeSlice } from "../../util/time-slice.js";
import { cleanPath } from "./clean-path.js";
import { isSymlink } from "./file-mode.js";
import { compileGlob } from "./glob.js";
import { maxIgnoreBytes, maxPatternBytes, maxPatterns } from "./ignore-limits.js";
import { maxLinks } from "./resolve-links.js";
import type { FileSource, SourceName } from "./source.js";

/**
 * Resolves the symbolic links in paths, so that the links and their targets are both sent, in turns with the events of
 * the process. The last component of every step may have wildcards. Returns patterns without those below another one,
 * or undefined when all is wanted. Links whose targets have wildcards can lead to more and more paths: rejects with
 * DOCKERIGNORE_TOO_LARGE above the limits of a list of patterns.
 */
export async function followPaths(source: FileSource, paths: string[]): Promise<string[] | undefined> {
  const resolved = new Set<string>();
  const visited = new Set<string>();
  const links = new Links(source);
  let length = 0;

  async function follow(path: string, depth: number): Promise<void> {
    if (visited.has(path) || depth > maxLinks) return;
    visited.add(path);
    length += path.length;
    if (visited.size > maxPatterns || length > maxIgnoreBytes) throw tooManyPaths();
    if (path.length > maxPatternBytes || path.includes("\0")) {
      resolved.add(path);
      return;
    }
    const parts = path.split("/");
    for (let length = 1; length <= parts.length; length++) {
      const current = parts.slice(0, length).join("/");
      const rest = parts.slice(length);
      const targets = await links.targets(current);
      if (targets.length > 0 || rest.length === 0) resolved.add(current);
      for (const target of targets) await follow(insideRoot([target, ...rest].join("/")), depth + 1);
      if (targets.length > 0) return;
    }
  }

  for (const path of paths) await follow(insideRoot(path), 0);
  // "" is the root itself.
  return resolved.has("") ? undefined : withoutNested([...resolved]);
}

/** The symbolic links of a tree. */
class Links {
  readonly #source: FileSource;
  /** By folder. */
  readonly #names = new Map<string, SourceName[]>();
  /** By path. */
  readonly #targets = new Map<string, string[]>();
  readonly #slice = new TimeSlice();

  constructor(source: FileSource) {
    this.#source = source;
  }

  /** Targets of the links that a path names; its last component may have wildcards. */
  async targets(path: string): Promise<string[]> {
    await this.#slice.next();
    const targets = this.#targets.get(path) ?? (path === "" ? [] : await this.#readTargets(path));
    this.#targets.set(path, targets);
    return targets;
  }

  async #readTargets(path: string): Promise<string[]> {
    const folder = path.slice(0, Math.max(0, path.lastIndexOf("/")));
    const base = path.slice(path.lastIndexOf("/") + 1);
    const isPattern = /[*?[]/.test(base.replace(/\\./g, ""));
    const candidates = isPattern ? await this.#matches(folder, base) : [path];
    const entries = await this.#source.stat(candidates);
    return entries.flatMap((entry) => {
      if (!entry?.linkname || !isSymlink(entry.mode)) return [];
      return [entry.linkname.startsWith("/") ? entry.linkname : `${folder}/${entry.linkname}`];
    });
  }

  async #matches(folder: string, pattern: string): Promise<string[]> {
    const names = this.#names.get(folder) ?? (await this.#source.list(folder));
    this.#names.set(folder, names);
    const matches: string[] = [];
    const isMatch = compileGlob(pattern);
    for (const { name } of names) {
      if (this.#slice.isOver) await this.#slice.next();
      if (isMatch(name)) matches.push(folder ? `${folder}/${name}` : name);
    }
    return matches;
  }
}

function tooManyPaths(): ConnectError {
  return typedError({
    code: Code.ResourceExhausted,
    reason: "DOCKERIGNORE_TOO_LARGE",
    message: `The paths to send, with those that symbolic links lead to, are more than ${maxPatterns} or ${maxIgnoreBytes / (1 << 20)} MiB.`,
    remedy: "Copy folders instead of single files, or exclude symbolic links whose targets have wildcards.",
  });
}

/** A clean path relative to the root; `..` stops at the root, as in a chroot. */
function insideRoot(path: string): string {
  return cleanPath(`/${path}`).slice(1);
}

function withoutNested(paths: string[]): string[] {
  // What is below a path follows it in this order.
  const keyed = paths.map((path) => ({ path, key: path.replaceAll("/", "\0") }));
  keyed.sort((a, b) => (a.key < b.key ? -1 : 1));
  const kept: string[] = [];
  for (const { path } of keyed) {
    const last = kept.at(-1);
    if (last === undefined || !path.startsWith(`${last}/`)) kept.push(path);
  }
  return kept.sort();
}
