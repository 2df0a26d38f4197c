/**
 * Adds to package-lock.json the optional platform packages that npm left out because its registry did not offer them.
 *
 * If a registry mirror lacks a package for another platform, `npm install` omits it from the lock file, and `npm ci` then
 * fails on every platform. The package is never installed on this platform, so its name, version and platform are
 * sufficient.
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

interface LockedPackage {
  version?: string;
  dev?: boolean;
  optional?: boolean;
  os?: string[];
  cpu?: string[];
  libc?: string[];
  optionalDependencies?: Record<string, string>;
}

const file = join(import.meta.dirname, "..", "package-lock.json");
const lock: { packages: Record<string, LockedPackage> } = JSON.parse(await readFile(file, "utf8"));

const systems = [
  "aix",
  "android",
  "darwin",
  "freebsd",
  "linux",
  "netbsd",
  "openbsd",
  "openharmony",
  "sunos",
  "win32",
];
const cpus = ["arm", "arm64", "ia32", "loong64", "mips64el", "ppc64", "riscv64", "s390x", "x64"];
const cpuAliases: Record<string, string> = { armv7: "arm" };

for (const [path, { dev, optionalDependencies = {} }] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    const locked = `node_modules/${name}`;
    if (lock.packages[locked] || lock.packages[`${path}/node_modules/${name}`]) continue;
    const words = name.split(/[-/]/);
    const os = words.filter((word) => systems.includes(word));
    const cpu = words.map((word) => cpuAliases[word] ?? word).filter((word) => cpus.includes(word));
    if (os.length !== 1 || cpu.length !== 1) {
      throw new Error(
        `${path} wants ${name}@${version}, which the registry lacks, and whose name contains no platform`,
      );
    }
    console.log(`add ${name}@${version}`);
    const libc = words.includes("musl") ? { libc: ["musl"] } : {};
    lock.packages[locked] = { version, cpu, ...(dev && { dev }), ...libc, optional: true, os };
  }
}

const [root, ...others] = Object.entries(lock.packages);
lock.packages = Object.fromEntries([root!, ...others.sort(([a], [b]) => a.localeCompare(b, "en"))]);
await writeFile(file, `${JSON.stringify(lock, null, 2)}\n`);
