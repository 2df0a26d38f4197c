import { existsSync, realpathSync } from "node:fs";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { cached } from "./cache.js";
import { goToolchain } from "./go-toolchain.js";
import { ensurePackages } from "./packages.js";
import { furtherPackages, type Program, programs } from "./programs.js";
import { must } from "./run.js";

/**
 * PATH of unit tests: one folder with Node, npm and links to the programs of Debian's essential packages. Undefined
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
  return new Map([...(await programsOf(names)), ["node", process.execPath]]);
}

/**
 * Scripts that start npm's programs with the machine's NODE_EXTRA_CA_CERTS, which has the CA of a registry behind a
 * proxy. Tests do not have this variable: Node parses its certificates at each start of a process, which takes 30 ms.
 */
function npmScripts(): Map<string, string> {
  const certificates = process.env.NODE_EXTRA_CA_CERTS ?? "";
  const script = (name: string) =>
    `#!/bin/sh\nNODE_EXTRA_CA_CERTS="${certificates}" exec "${join(dirname(process.execPath), name)}" "$@"\n`;
  return new Map(["npm", "npx"].map((name) => [name, script(name)]));
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

/** Folder with these links and npm's scripts only. Each content has its own folder, so a PATH in use never changes. */
async function linkFolder(links: Map<string, string>): Promise<string> {
  const scripts = npmScripts();
  const lines = [...links].map((link) => link.join(" ")).sort();
  const build = async (folder: string) => {
    await mkdir(join(folder, "bin"));
    await Promise.all([...links].map(([name, target]) => symlink(target, join(folder, "bin", name))));
    for (const [name, text] of scripts) await writeFile(join(folder, "bin", name), text, { mode: 0o755 });
  };
  const text = [...lines, ...scripts.values(), ""].join("\n");
  return join(await cached({ name: "path", text, build }), "bin");
}
