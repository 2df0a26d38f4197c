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
  // Native modules are loaded from node_modules, where ssh2 also looks for its own.
  external: ["lmdb", "ssh2", "cpu-features"],
  // Bundled CommonJS dependencies call require for Node's own modules.
  banner: {
    js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
  },
};

/** Bundles each group of entries separately: shared code is duplicated, and each entry loads few files. */
async function bundle(outdir: string, ...groups: Record<string, string>[]) {
  await rm(outdir, { recursive: true, force: true });
  for (const entryPoints of groups) await build({ ...common, absWorkingDir: root, outdir, entryPoints });
}

await bundle(
  join(root, "dist"),
  { cli: "src/cli/main.ts" },
  {
    host: "src/host/main.ts",
    client: "src/client/index.ts",
    driver: "src/driver/index.ts",
    "driver-buildkit": "src/driver/buildkit.ts",
    conformance: "src/conformance/index.ts",
  },
);
await chmod(join(root, "dist/cli.js"), 0o755);

for (const plugin of await readdir(join(root, "plugins"))) {
  const main = join(root, "plugins", plugin, "src/main.ts");
  if (existsSync(main)) await bundle(join(root, "plugins", plugin, "dist"), { main });
}
