import { join } from "node:path";
import manifest from "../../package.json" with { type: "json" };
import { writeJavaClient } from "../../scripts/package/java-client.js";
import { cached } from "../lab/cache.js";
import { digestFolder } from "../lab/digest-folder.js";

const root = join(import.meta.dirname, "../..");
const sources = ["clients/java", "proto", "scripts/package"];
const isSource = (path: string) => !/\/target(\/|$)/.test(path);

/** The folder with the jars of the Java client, which `npm run package` makes once for each version of its sources. */
export async function javaClient(): Promise<string> {
  const digests = await Promise.all(sources.map((name) => digestFolder(join(root, name), isSource)));
  return cached({
    name: "java-client-release",
    text: `${digests.join("\n")}\n`,
    async build(folder) {
      // Archives have no earlier year.
      const mtime = new Date("1980-01-02T00:00:00Z");
      await writeJavaClient({ root, folder, version: manifest.version, mtime });
    },
  });
}
