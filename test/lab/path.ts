import { existsSync, realpathSync } from "node:fs";
import { mkdir, symlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { cached } from "./cache.js";
import { goToolchain } from "./go-toolchain.js";
import { ensurePackages } from "./packages.js";
import { furtherPackages, type Program, programs } from "./programs.js";
import { must } from "./run.js";

/**
 * PATH of unit tests: one folder with links to Node's programs and to those of Debian's essential packages. Undefined
 * on other systems, which have no list of essential packages.
 */
export async function essentialPath(): Promise<string | undefined> {
  if (!existsSync("/usr/bin/dpkg-query")) return undefined;
  return linkFolder(await essentialPrograms());
}

/** Install the declared packages and Go; return the PATH of the lab and of tests on backends, which adds their programs. */
export async function labPath(): Promise<string> {
  const packages = [...new Set<string>(Object.values(programs))];
  await ensurePackages([...packages, ...furtherPackages]);
  const installed = await programsOf(packages);
  const declared = Object.entries(programs).map(([name, owner]) => {
    const path = installed.get(name) ?? installed.get(alternative(name));
    if (path) return [name, path] as const;
    throw new Error(`test/lab/programs.ts: the package ${owner} has no program ${name}`);
  });
  return linkFolder(new Map([...(await essentialPrograms()), ...declared, ["go", await goToolchain()]]));
}

/** Absolute path of a declared program, for callers that need the file and not the name. */
export function programPath(name: Program): string {
  // Tests may prepend folders with their own programs.
  return join(process.env.PATH!.split(":").at(-1)!, name);
}

async function essentialPrograms(): Promise<Map<string, string>> {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the placeholders are dpkg-query's
  const { stdout } = await must("dpkg-query", ["-W", "-f", "${Essential} ${Package}\n"]);
  const names = stdout.split("\n").flatMap((line) => /^yes (.*)/.exec(line)?.[1] ?? []);
  const node = ["npm", "npx"].map((name) => [name, join(dirname(process.execPath), name)] as const);
  return new Map([...(await programsOf(names)), ["node", process.execPath], ...node]);
}

/** File name of the program that Debian's alternatives system selects for a name in PATH, or "". */
function alternative(name: string): string {
  const link = join("/etc/alternatives", name);
  return existsSync(link) ? basename(realpathSync(link)) : "";
}

/** Paths of the programs of installed packages, by name. */
async function programsOf(packages: readonly string[]): Promise<Map<string, string>> {
  const { stdout } = await must("dpkg-query", ["-L", ...packages]);
  const paths = stdout.split("\n").filter((path) => /^\/(.*\/)?s?bin\/[^/]+$/.test(path));
  return new Map(paths.map((path) => [basename(path), path]));
}

/** Folder with these links only. Each set of links has its own folder, so a PATH in use never changes. */
async function linkFolder(links: Map<string, string>): Promise<string> {
  const lines = [...links].map((link) => link.join(" ")).sort();
  const build = async (folder: string) => {
    await mkdir(join(folder, "bin"));
    await Promise.all([...links].map(([name, target]) => symlink(target, join(folder, "bin", name))));
  };
  return join(await cached({ name: "path", text: `${lines.join("\n")}\n`, build }), "bin");
}
