/** `npm run package:image`: makes the container image alone, from the archive that `npm run package` made. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { sourceTime } from "../source-time.js";
import { writeImage } from "./image.js";

const root = join(import.meta.dirname, "../../..");
const packages = join(root, "dist/packages");
const { values } = parseArgs({
  options: { packages: { type: "string", default: packages }, output: { type: "string", default: packages } },
});
const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
const output = { root, folder: values.output, version, mtime: await sourceTime(root) };
console.log(join(values.output, await writeImage(output, values.packages)));
