/** Bundles the executables: the CLI, the host, the SDKs and the bundled plugins. Takes about a second. */

import { existsSync } from "node:fs";
import { chmod, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { type BuildOptions, build, type Plugin } from "esbuild";

const root = join(import.meta.dirname, "..");

/**
 * Gets two of Node's modules without importing them: an import reads every export, also those that Node loads only
 * when they are looked at, which are WebCrypto and, in "node:http", all of `fetch`.
 */
const lazyBuiltins: Plugin = {
  name: "lazy-builtins",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(node:)?(http|crypto)$/ }, ({ path, kind }) =>
      kind === "import-statement" ? { path: path.replace(/^node:/, ""), namespace: "builtin" } : undefined,
    );
    onLoad({ filter: /./, namespace: "builtin" }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)});`,
    }));
  },
};

/** Gives Connect the light headers in the place of Node's. */
const lightHeaders: Plugin = {
  name: "light-headers",
  setup({ onLoad }) {
    const from = JSON.stringify(join(root, "src/headers.ts"));
    onLoad({ filter: /[\\/]@connectrpc[\\/].*\.js$/ }, async ({ path }) => {
      const contents = await readFile(path, "utf8");
      if (!contents.includes("new Headers(")) return undefined;
      return { contents: `import { Headers } from ${from};${contents}` };
    });
  },
};

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
  plugins: [lazyBuiltins, lightHeaders],
  // Bundled CommonJS dependencies call require for Node's own modules.
  banner: {
    js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
  },
};

/** Bundles each group of entries by itself: what groups share is in each of them, and each loads few files. */
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
    conformance: "src/conformance/index.ts",
  },
);
await chmod(join(root, "dist/cli.js"), 0o755);

for (const plugin of await readdir(join(root, "plugins"))) {
  const main = join(root, "plugins", plugin, "src/main.ts");
  if (existsSync(main)) await bundle(join(root, "plugins", plugin, "dist"), { main });
}
