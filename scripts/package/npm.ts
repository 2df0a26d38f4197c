import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, posix } from "node:path";
import { promisify } from "node:util";
import { type Entry, writeArchive } from "./archive.js";
import { filesBelow } from "./files-below.js";
import type { Output } from "./output.js";
import { packedFiles } from "./program.js";

/** Folder of the type declarations. */
const types = "dist/types";

interface Library {
  description: string;
  /** Exports of the package `slipway` by their names in this one. */
  exports: Record<string, string>;
}

/** What libraries take from package.json. */
interface Manifest {
  version: string;
  license: string;
  author: string;
  homepage?: string;
  engines: Record<string, string>;
  exports: Record<string, Record<string, string>>;
  dependencies: Record<string, string>;
}

/** The libraries, which are also exports of `slipway`, by their names below @slipway. */
const libraries: Record<string, Library> = {
  client: { description: "TypeScript client of Slipway", exports: { ".": "./client" } },
  driver: {
    description: "TypeScript SDK for drivers of Slipway",
    exports: { ".": "./driver", "./buildkit": "./driver/buildkit" },
  },
  conformance: {
    description: "Checks of Slipway's drivers and clients against the protocols",
    exports: { ".": "./conformance" },
  },
};

/** Writes the npm packages `slipway` and `@slipway/…`, and returns their names. */
export async function writeNpmPackages(output: Output): Promise<string[]> {
  const { root, folder, version, mtime } = output;
  const declared = await mkdtemp(join(tmpdir(), "slipway-types-"));
  try {
    const tsc = join(root, "node_modules/.bin/tsc");
    await promisify(execFile)(tsc, ["-p", join(root, "tsconfig.types.json"), "--outDir", declared]);
    const program = new Map<string, Entry>();
    for (const { path, mode } of await packedFiles(root)) {
      if (path.startsWith(`${types}/`)) continue;
      program.set(path, { path, executable: (mode & 0o111) !== 0, read: () => readFile(join(root, path)) });
    }
    for (const file of await filesBelow(declared)) {
      const path = posix.join(types, file);
      program.set(path, { path, read: () => readFile(join(declared, file)) });
    }
    const names: string[] = [];
    const write = async (name: string, entries: Iterable<Entry>) => {
      const packed = [...entries].map((entry) => ({ ...entry, path: `package/${entry.path}` }));
      names.push(`${name}-${version}.tgz`);
      await writeArchive(join(folder, `${name}-${version}.tgz`), packed, mtime);
    };
    await write("slipway", program.values());
    const manifest = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
    for (const [name, library] of Object.entries(libraries))
      await write(`slipway-${name}`, await libraryEntries(name, library, program, manifest));
    return names;
  } finally {
    await rm(declared, { recursive: true });
  }
}

/** The part of `slipway` that its exports need, with a manifest of its own. */
async function libraryEntries(
  name: string,
  { description, exports }: Library,
  program: ReadonlyMap<string, Entry>,
  manifest: Manifest,
): Promise<Entry[]> {
  const ownExports = Object.fromEntries(
    Object.entries(exports).map(([own, original]) => [own, manifest.exports[original]]),
  );
  const paths = Object.values(ownExports).flatMap((targets) => Object.values(targets!));
  const { files, modules } = await reachable(
    paths.map((path) => posix.normalize(path)),
    program,
  );
  const { version, license, author, homepage, engines } = manifest;
  const own = {
    name: `@slipway/${name}`,
    version,
    description,
    license,
    author,
    homepage,
    type: "module",
    engines,
    exports: { ...ownExports, "./package.json": "./package.json" },
    dependencies: Object.fromEntries(
      Object.entries(manifest.dependencies).filter(([dependency]) => modules.has(dependency)),
    ),
  };
  const text = (path: string, content: string): Entry => ({ path, read: async () => Buffer.from(content) });
  return [
    ...files,
    program.get("LICENSE")!,
    text("package.json", `${JSON.stringify(own, undefined, 2)}\n`),
    text(
      "README.md",
      `# @slipway/${name}\n\n${description}. The package \`slipway\` has it too, as \`slipway/${name}\`.\n`,
    ),
  ];
}

/** The files that some files import, directly or not, with themselves, and the names of other packages in them. */
async function reachable(entryPoints: readonly string[], program: ReadonlyMap<string, Entry>) {
  const files = new Map<string, Entry>();
  const modules = new Set<string>();
  const add = async (path: string) => {
    const entry = program.get(path);
    if (!entry || files.has(path) || !("read" in entry)) return;
    files.set(path, entry);
    for (const [, target = ""] of (await entry.read()).toString().matchAll(importTarget)) {
      if (!target.startsWith(".")) {
        modules.add(/^(@[^/]+\/)?[^/]+/.exec(target)?.[0] ?? "");
        continue;
      }
      const imported = posix.join(posix.dirname(path), target);
      await add(path.endsWith(".d.ts") ? imported.replace(/\.js$/, ".d.ts") : imported);
    }
  };
  for (const path of entryPoints) {
    if (!program.has(path)) throw new Error(`${path} is missing: run npm run build`);
    await add(path);
  }
  return { files: [...files.values()], modules };
}

/** `from "x"`, `import "x"` and `import("x")`. */
const importTarget = /\b(?:from|import)\s*\(?\s*"([^"\n]+)"/g;
