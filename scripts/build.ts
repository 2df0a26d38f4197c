/** Bundles the executables: the CLI, the host, the SDKs and the bundled plugins. Takes about two seconds. */

import { existsSync } from "node:fs";
import { chmod, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { type BuildOptions, build } from "esbuild";
import { bundleCli } from "./bundle-cli.js";
import { bundlePage } from "./bundle-page.js";
import { externalModules } from "./external-modules.js";
import { lazyDescriptorsForEsbuild } from "./lazy-descriptors.js";
import { shipHandshakes } from "./ship-handshakes.js";

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
  external: externalModules,
  // Bundled CommonJS dependencies call require for Node's own modules.
  banner: {
    js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
  },
};

/** Bundles entries that share code. */
async function bundle(outdir: string, entryPoints: Record<string, string>, options: BuildOptions = {}) {
  await build({ ...common, ...options, absWorkingDir: root, outdir, entryPoints });
}

/** Options of programs, as opposed to libraries. */
const programOptions: BuildOptions = {
  inject: [join(root, "src/network/headers.ts")],
  plugins: [lazyDescriptorsForEsbuild],
};

const dist = join(root, "dist");
await rm(dist, { recursive: true, force: true });
await bundleCli({ root, outdir: dist, external: externalModules });
await chmod(join(dist, "cli.cjs"), 0o755);
await bundle(dist, {
  host: "src/host/main.ts",
  "bake-worker": "src/bake/worker.ts",
  client: "src/client/index.ts",
  driver: "src/driver/index.ts",
  "driver-buildkit": "src/driver/buildkit.ts",
  conformance: "src/conformance/index.ts",
});
await bundlePage({ root, outdir: join(dist, "ui") });

const plugins = (await readdir(join(root, "plugins")))
  .map((name) => join(root, "plugins", name))
  .filter((folder) => existsSync(join(folder, "src/main.ts")));
for (const folder of plugins) {
  const outdir = join(folder, "dist");
  await rm(outdir, { recursive: true, force: true });
  await bundle(outdir, { main: join(folder, "src/main.ts") }, programOptions);
}
await shipHandshakes(plugins);
