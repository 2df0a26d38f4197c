import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";

/** Where to bundle the page. */
export interface PageBundle {
  /** Folder of the package. */
  root: string;
  outdir: string;
}

/** Bundles the web page: one script, one style sheet, and the document that names them. */
export async function bundlePage({ root, outdir }: PageBundle): Promise<void> {
  const source = join(root, "src/ui");
  await build({
    absWorkingDir: root,
    outdir,
    entryPoints: { main: join(source, "main.tsx"), style: join(source, "style.css") },
    bundle: true,
    platform: "browser",
    format: "esm",
    target: "es2022",
    jsx: "automatic",
    jsxImportSource: "preact",
    minify: true,
    // For people who read an error in the browser; not in the packages.
    sourcemap: "linked",
    legalComments: "none",
    logLevel: "warning",
  });
  for (const name of ["index.html", "icon.svg"]) await copyFile(join(source, name), join(outdir, name));
}
