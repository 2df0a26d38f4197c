import { type BuildOptions, build } from "esbuild";

/** Options of esbuild for programs that the tests start. */
export const programOptions = {
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20.19",
  banner: {
    js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
  },
} satisfies BuildOptions;

/** Bundles programs that are started many times. Their names get the ending `.mjs`. */
export async function bundle(programs: Record<string, string>, outdir: string): Promise<void> {
  await build({
    ...programOptions,
    entryPoints: programs,
    outdir,
    outExtension: { ".js": ".mjs" },
    splitting: true,
    logLevel: "warning",
  });
}
