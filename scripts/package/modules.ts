import { posix } from "node:path";

/** What a package-lock.json says about one package. */
export interface LockedPackage {
  version?: string;
  integrity?: string;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  os?: string[];
  cpu?: string[];
  libc?: string[];
}

/** A platform in npm's words. */
export interface Platform {
  os: string;
  cpu: string;
}

/**
 * The folders of modules and of all that they need, below the folder of the lock file, in which the keys of `packages`
 * are folders. Of optional packages only those with parts for the platform are among them: the others are compiled where
 * they are installed, so they differ between machines, and modules work without them.
 */
export function moduleFolders(
  packages: Record<string, LockedPackage>,
  modules: readonly string[],
  platform: Platform,
): string[] {
  const found = new Set<string>();
  const add = (name: string, user: string) => {
    const folder = resolve(packages, name, user);
    if (found.has(folder)) return;
    found.add(folder);
    const { dependencies = {}, optionalDependencies = {} } = packages[folder]!;
    for (const needed of Object.keys(dependencies)) add(needed, folder);
    for (const optional of Object.keys(optionalDependencies)) {
      if (fits(packages[resolve(packages, optional, folder)]!, platform)) add(optional, folder);
    }
  };
  for (const name of modules) add(name, "");
  return [...found].sort();
}

/** Finds a package as Node.js does for a module in the folder `user`. */
function resolve(packages: Record<string, LockedPackage>, name: string, user: string): string {
  for (let folder = user; ; folder = posix.dirname(folder)) {
    if (folder === ".") folder = "";
    const candidate = posix.join(folder, "node_modules", name);
    if (packages[candidate]) return candidate;
    if (folder === "")
      throw new Error(`package-lock.json has no ${name}, which ${user || "the program"} needs`);
  }
}

function fits({ os = [], cpu = [], libc = ["glibc"] }: LockedPackage, platform: Platform): boolean {
  return os.includes(platform.os) && cpu.includes(platform.cpu) && libc.includes("glibc");
}
