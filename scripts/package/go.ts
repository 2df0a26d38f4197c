import { mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, join, posix } from "node:path";
import { filesBelow } from "./files-below.js";
import type { Output } from "./output.js";
import { packFile, writeZip } from "./zip.js";

/** Names of the files that programs need of a module, and of its documents. */
const packed = /(\.(go|md)|^go\.(mod|sum)|^LICENSE)$/;

/**
 * Writes a Go module as a module proxy serves it, below `go`: `GOPROXY=file://…/go` installs it. The module proxy
 * protocol names the files. Returns their paths.
 *
 * @param source folder of the module
 */
export async function writeGoModule(source: string, output: Output): Promise<string[]> {
  const { folder, mtime } = output;
  const version = `v${output.version}`;
  const goMod = await readFile(join(source, "go.mod"));
  const [, module] = /^module (\S+)$/m.exec(goMod.toString()) ?? [];
  // The protocol escapes upper-case letters, and none of our modules has one.
  if (!module || /[A-Z]/.test(module)) throw new Error(`${source}/go.mod names no module in lower case`);
  const versions = posix.join("go", module, "@v");
  await mkdir(join(folder, versions), { recursive: true });
  const paths = (await filesBelow(source)).filter((path) => packed.test(basename(path)));
  const files = paths.map(async (path) =>
    packFile({ path: `${module}@${version}/${path}`, bytes: await readFile(join(source, path)) }),
  );
  await writeZip(join(folder, versions, `${version}.zip`), await Promise.all(files), mtime);
  const time = mtime.toISOString().replace(".000Z", "Z");
  const texts = {
    list: `${version}\n`,
    [`${version}.info`]: `${JSON.stringify({ Version: version, Time: time })}\n`,
    [`${version}.mod`]: goMod,
  };
  for (const [name, text] of Object.entries(texts)) await writeFile(join(folder, versions, name), text);
  return [...Object.keys(texts), `${version}.zip`].map((name) => posix.join(versions, name));
}
