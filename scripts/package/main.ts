/**
 * `npm run package`: makes the packages of a release, with a list of what they contain and their hashes. A built checkout
 * is packed; the same commit and the same Node.js give the same bytes. "--without java-client" leaves out what needs Maven,
 * and "--without image" what needs a builder.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { parseArgs } from "node:util";
import { writeArchive } from "./archive.js";
import { writeDeb } from "./deb.js";
import { writeGoModule } from "./go.js";
import { hashedFiles } from "./hashed-file.js";
import { checkBuilder, writeImage } from "./image/image.js";
import { writeHostJar, writeHostPom } from "./java.js";
import { writeJavaClient } from "./java-client.js";
import { writeNpmPackages } from "./npm.js";
import type { Output } from "./output.js";
import { programEntries } from "./program.js";
import { writeHostWheel, writePureWheel } from "./python.js";
import type { RegistryPackage } from "./registry-package.js";
import { runtimeEntries } from "./runtime.js";
import { writeSbom } from "./sbom.js";
import { sourceTime } from "./source-time.js";

const root = join(import.meta.dirname, "../..");
const { values } = parseArgs({
  options: {
    output: { type: "string", default: join(root, "dist/packages") },
    without: { type: "string", multiple: true, default: [] },
  },
});
const unknown = values.without.find((name) => !["java-client", "image"].includes(name));
if (unknown !== undefined) throw new Error(`--without takes java-client and image, not ${unknown}.`);
const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
const runtimes: Record<string, RegistryPackage> = JSON.parse(
  await readFile(join(import.meta.dirname, "runtimes.json"), "utf8"),
);
const mtime = await sourceTime(root);
const hasImage = !values.without.includes("image");
if (hasImage) await checkBuilder(root);

await mkdir(values.output, { recursive: true });
const output: Output = { root, folder: values.output, version, mtime };
const to = { output: values.output, mtime };
const names = [
  // First, since it may miss Maven.
  ...(values.without.includes("java-client") ? [] : await writeJavaClient(output)),
  ...(await writeNpmPackages(output)),
  await writeHostPom(output),
  await writeSbom(output, Object.values(runtimes)),
  ...(await writeGoModule(join(root, "clients/go"), output)),
  ...(await writeGoModule(join(root, "sdk/go"), output)),
  await writePureWheel(join(root, "clients/python"), to),
  await writePureWheel(join(root, "sdk/python"), to),
];
for (const [platform, runtime] of Object.entries(runtimes)) {
  const [os = "", cpu = ""] = platform.split("-");
  const folder = `slipway-${version}-${platform}`;
  const archive = `${folder}.tar.gz`;
  const entries = [...(await programEntries(root, { os, cpu })), ...(await runtimeEntries(runtime))];
  const inFolder = entries.map((entry) => ({ ...entry, path: `${folder}/${entry.path}` }));
  // Each compresses on a thread of its own.
  const written = [writeArchive(join(values.output, archive), inFolder, mtime).then(() => [archive])];
  if (os === "linux") {
    written.push(
      writeDeb(entries, cpu, output).then((name) => [name]),
      hashedFiles(entries).then((files) =>
        Promise.all([writeHostWheel(platform, files, to), writeHostJar(platform, files, output)]),
      ),
    );
  }
  names.push(...(await Promise.all(written)).flat());
}
try {
  if (hasImage) names.push(await writeImage(output));
} finally {
  // Whatever becomes of the image: the others are complete.
  let sums = "";
  for (const name of names) {
    sums += `${await sha256(join(values.output, name))}  ${name}\n`;
    console.log(join(values.output, name));
  }
  await writeFile(join(values.output, "SHA256SUMS"), sums);
}

async function sha256(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex");
}
