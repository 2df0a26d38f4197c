/** Bundles the executables: the CLI, the host, the SDKs and the bundled plugins. Takes about a second. */

import { existsSync } from "node:fs";
import { chmod, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { type BuildOptions, build } from "esbuild";

const root = join(import.meta.dirname, "..");

const common: BuildOptions = {
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20.19",
  splitting: true,
  minifyWhitespace: true,
  minifySyntax: true,
  chunkNames: "chunks/[name]-[hash]",
  sourcemap: "linked",
  logLevel: "warning",
  // Native parts are loaded from node_modules, and ssh2 looks for its own there.
  external: ["lmdb", "ssh2", "cpu-features"],
  // Bundled CommonJS dependencies call require for Node's own modules.
  banner: {
    js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
  },
};

async function bundle(outdir: string, entryPoints: Record<string, string>) {
  await rm(outdir, { recursive: true, force: true });
  await build({ ...common, outdir, entryPoints });
}

const entries: Record<string, string> = {
  cli: "src/cli/main.ts",
  host: "src/host/main.ts",
  client: "src/client/index.ts",
  driver: "src/driver/index.ts",
  conformance: "src/conformance/index.ts",
};
const present = Object.entries(entries).map(([name, path]) => [name, join(root, path)] as const);
await bundle(join(root, "dist"), Object.fromEntries(present.filter(([, path]) => existsSync(path))));
await chmod(join(root, "dist/cli.js"), 0o755).catch(() => {});

for (const plugin of await readdir(join(root, "plugins"))) {
  const main = join(root, "plugins", plugin, "src/main.ts");
  if (existsSync(main)) await bundle(join(root, "plugins", plugin, "dist"), { main });
}
