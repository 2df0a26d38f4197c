import { join } from "node:path";
import { cached } from "../lab/cache.js";
import { digestFolder } from "../lab/digest-folder.js";
import { must } from "../lab/run.js";

const root = join(import.meta.dirname, "../..");
/** What packages are made of. */
const sources = [
  ...["dist", "docs", "plugins", "proto", "wire", "scripts"],
  ...["clients/go", "clients/python", "sdk/go", "sdk/python"],
];
const isSource = (path: string) => !/\/(node_modules|src\/.*\.ts|test|__pycache__|\.venv)(\/|$)/.test(path);

/**
 * The folder with what `npm run package` makes, once for each version of its sources. Tests of their own make the Java
 * client and the image.
 */
export async function packages(): Promise<string> {
  const digests = await Promise.all(sources.map((name) => digestFolder(join(root, name), isSource)));
  return cached({
    name: "packages",
    text: `${digests.join("\n")}\n`,
    async build(folder) {
      const main = join(root, "scripts/package/main.ts");
      const without = ["--without", "java-client", "--without", "image"];
      await must(process.execPath, ["--import", "tsx", main, "--output", folder, ...without], {
        cwd: root,
      });
    },
  });
}
