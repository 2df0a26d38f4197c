import { dirname } from "node:path/posix";
import { Code } from "@connectrpc/connect";
import { StatusError } from "../../errors/status-error.js";
import { cleanPath } from "../../inputs/files/clean-path.js";
import { isDirectory, isRegular, isSymlink, toPosixPermissions } from "../../inputs/files/file-mode.js";
import { ConfinedFolder } from "../../util/confined-folder.js";
import { makeFolder } from "../../util/make-folder.js";
import type { TreeEntry } from "../filesync/packet.js";
import { IncomingFile } from "./incoming-file.js";
import { modificationTime } from "./modification-time.js";

/** Mode of the output's folder, and of folders in it until they are complete. */
const folderMode = 0o700;

/**
 * Writes a tree into a folder and nowhere else. The tree's own entries are checked here; the {@link ConfinedFolder}
 * ensures that no link is followed, even if another transfer replaces folders by links at the same time.
 */
export class TreeWriter {
  /** All entries by path; the parent of an entry must be a folder among them. */
  readonly #entries = new Map<string, TreeEntry>();
  readonly #hardLinks: TreeEntry[] = [];
  readonly #open = new Set<IncomingFile>();

  private constructor(
    private readonly folder: ConfinedFolder,
    private readonly taken: Set<string>,
  ) {}

  /**
   * Opens the folder, which is created with mode 0700 if it does not exist. Close the writer in the end.
   * @param taken files that other writers wrote and that must not be replaced; this writer adds its own
   */
  static async open(dest: string, taken = new Set<string>()): Promise<TreeWriter> {
    await makeFolder(dest, folderMode);
    return new TreeWriter(await ConfinedFolder.open(dest), taken);
  }

  /** Creates an entry. Returns a file if its content is to be written. */
  async add(stat: TreeEntry): Promise<IncomingFile | undefined> {
    this.#check(stat);
    const { path, mode, linkname } = stat;
    this.#entries.set(path, stat);
    if (isDirectory(mode)) await this.folder.makeFolder(path, folderMode);
    else if (isSymlink(mode)) await this.#makeLink(stat);
    else if (linkname) this.#hardLinks.push(stat);
    else if (isRegular(mode)) return this.#makeFile(stat);
    else
      throw new StatusError(
        Code.Unimplemented,
        `${path} is a device, pipe or socket, which cannot be created here.`,
      );
    return undefined;
  }

  /** Creates hard links, and sets modes and times of folders, which writing their files would change. */
  async finish({ mirror }: { mirror: boolean }): Promise<void> {
    for (const { path, linkname } of this.#hardLinks) {
      await this.folder.replace(path, (temporary) => this.folder.hardLink(linkname, temporary));
    }
    if (mirror) await this.#removeOthers("");
    for (const stat of [...this.#entries.values()].reverse()) {
      if (!isDirectory(stat.mode)) continue;
      await this.folder.setFolder(stat.path, toPosixPermissions(stat.mode), modificationTime(stat));
    }
  }

  /** Removes incomplete files. */
  async abort(): Promise<void> {
    await Promise.all([...this.#open].map((file) => file.abort().catch(() => {})));
  }

  /** Releases the folder. */
  close(): Promise<void> {
    return this.folder.close();
  }

  #check({ path, linkname, mode }: TreeEntry): void {
    const unsafe =
      path === "" || path.startsWith("/") || path.split("/")[0] === ".." || cleanPath(path) !== path;
    const foreign = process.platform === "win32" ? /[\\:\0]/ : /\0/;
    if (unsafe || path === "." || foreign.test(path)) {
      throw new StatusError(Code.InvalidArgument, `BuildKit sent the unsafe path ${JSON.stringify(path)}.`);
    }
    if (this.#entries.has(path)) throw new StatusError(Code.InvalidArgument, `BuildKit sent ${path} twice.`);
    const parent = dirname(path);
    if (parent !== "." && !isDirectory(this.#entries.get(parent)?.mode ?? 0)) {
      throw new StatusError(Code.InvalidArgument, `BuildKit sent ${path} without its folder.`);
    }
    const linked = this.#entries.get(linkname);
    if (linkname && isRegular(mode) && (!linked || !isRegular(linked.mode))) {
      throw new StatusError(
        Code.InvalidArgument,
        `BuildKit sent ${path} as a hard link to the unknown file ${linkname}.`,
      );
    }
    if (isDirectory(mode)) return;
    if (this.taken.has(path))
      throw new StatusError(Code.FailedPrecondition, `${path} is written for two platforms.`);
    this.taken.add(path);
  }

  #makeFile(stat: TreeEntry): IncomingFile {
    const file = new IncomingFile(this.folder, stat, () => this.#open.delete(file));
    this.#open.add(file);
    return file;
  }

  async #makeLink(stat: TreeEntry): Promise<void> {
    await this.folder.replace(stat.path, async (temporary) => {
      await this.folder.symlink(stat.linkname, temporary);
      await this.folder.setTime(temporary, modificationTime(stat));
    });
  }

  async #removeOthers(parent: string): Promise<void> {
    for (const { name, isFolder } of await this.folder.list(parent)) {
      const path = parent ? `${parent}/${name}` : name;
      if (!this.#entries.has(path)) await this.folder.remove(path);
      else if (isFolder) await this.#removeOthers(path);
    }
  }
}
