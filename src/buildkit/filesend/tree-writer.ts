import { chmod, link, lstat, lutimes, mkdir, readdir, realpath, rm, symlink, utimes } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Code } from "@connectrpc/connect";
import { StatusError } from "../../errors/status-error.js";
import type { Stat } from "../../gen/fsutil/types/wire_pb.js";
import { cleanPath } from "../../inputs/files/clean-path.js";
import { isDirectory, isRegular, isSymlink, toPosixPermissions } from "../../inputs/files/file-mode.js";
import { makeFolder } from "../../util/make-folder.js";
import { IncomingFile } from "./incoming-file.js";
import { isThere, replacing, seconds } from "./place.js";

/**
 * Writes a tree into a folder and nowhere else: paths are checked, every folder on the way was made or found to be a
 * real one in the same transfer, and links are never followed.
 */
export class TreeWriter {
  /** All entries so far by path; the parent of a new one must be a folder among them. */
  readonly #entries = new Map<string, Stat>();
  readonly #hardLinks: Stat[] = [];
  readonly #open = new Set<IncomingFile>();

  private constructor(
    private readonly root: string,
    private readonly taken: Set<string>,
  ) {}

  /**
   * Makes the folder (mode 0700) if it is not there.
   * @param taken files that others wrote and that must not be replaced; this one's are added
   */
  static async open(dest: string, taken = new Set<string>()): Promise<TreeWriter> {
    await makeFolder(dest, 0o700);
    return new TreeWriter(await realpath(dest), taken);
  }

  /** Makes an entry. Returns a file when its content is to be written. */
  async add(stat: Stat): Promise<IncomingFile | undefined> {
    this.#check(stat);
    this.#entries.set(stat.path, stat);
    const target = join(this.root, stat.path);
    if (isDirectory(stat.mode)) await makeEntryFolder(target);
    else if (isSymlink(stat.mode)) await makeLink(target, stat);
    else if (stat.linkname) this.#hardLinks.push(stat);
    else if (isRegular(stat.mode)) return this.#makeFile(target, stat);
    else
      throw new StatusError(Code.Unimplemented, `${stat.path} is a device or pipe, which can't be made here`);
    return undefined;
  }

  /** Makes what had to wait for the files: hard links, and modes and times of folders, which files would change. */
  async finish({ mirror }: { mirror: boolean }): Promise<void> {
    for (const { path, linkname } of this.#hardLinks) {
      await replacing(join(this.root, path), (name) => link(join(this.root, linkname), name));
    }
    if (mirror) await this.#removeOthers("");
    for (const stat of [...this.#entries.values()].reverse()) {
      if (!isDirectory(stat.mode)) continue;
      const folder = join(this.root, stat.path);
      await chmod(folder, toPosixPermissions(stat.mode));
      await utimes(folder, seconds(stat), seconds(stat));
    }
  }

  /** Removes the files that are not complete. */
  async abort(): Promise<void> {
    await Promise.all([...this.#open].map((file) => file.abort().catch(() => {})));
  }

  #check({ path, linkname, mode }: Stat): void {
    const unsafe =
      path === "" || path.startsWith("/") || path.split("/")[0] === ".." || cleanPath(path) !== path;
    const foreign = process.platform === "win32" ? /[\\:\0]/ : /\0/;
    if (unsafe || path === "." || foreign.test(path)) {
      throw new StatusError(Code.InvalidArgument, `BuildKit sent the unsafe path ${JSON.stringify(path)}`);
    }
    if (this.#entries.has(path)) throw new StatusError(Code.InvalidArgument, `BuildKit sent ${path} twice`);
    const parent = dirname(path);
    if (parent !== "." && !isDirectory(this.#entries.get(parent)?.mode ?? 0)) {
      throw new StatusError(Code.InvalidArgument, `BuildKit sent ${path} without its folder`);
    }
    const linked = this.#entries.get(linkname);
    if (linkname && isRegular(mode) && (!linked || !isRegular(linked.mode))) {
      throw new StatusError(
        Code.InvalidArgument,
        `BuildKit sent ${path} as a link to the unknown ${linkname}`,
      );
    }
    if (isDirectory(mode)) return;
    if (this.taken.has(path))
      throw new StatusError(Code.FailedPrecondition, `${path} is written for two platforms`);
    this.taken.add(path);
  }

  #makeFile(target: string, stat: Stat): IncomingFile {
    const file = new IncomingFile(target, stat, () => this.#open.delete(file));
    this.#open.add(file);
    return file;
  }

  async #removeOthers(folder: string): Promise<void> {
    for (const entry of await readdir(join(this.root, folder), { withFileTypes: true })) {
      const path = folder ? `${folder}/${entry.name}` : entry.name;
      if (!this.#entries.has(path)) await rm(join(this.root, path), { recursive: true });
      else if (entry.isDirectory()) await this.#removeOthers(path);
    }
  }
}

async function makeEntryFolder(target: string): Promise<void> {
  try {
    await mkdir(target, { mode: 0o700 });
  } catch (error) {
    if (!isThere(error)) throw error;
    if ((await lstat(target)).isDirectory()) return;
    await rm(target);
    await mkdir(target, { mode: 0o700 });
  }
}

async function makeLink(target: string, stat: Stat): Promise<void> {
  await replacing(target, async (name) => {
    await symlink(stat.linkname, name);
    await lutimes(name, seconds(stat), seconds(stat));
  });
}
