/**
 * `npm run package:image`: makes the container image of the service for this machine's CPU from the archive that
 * `npm run package` made. Slipway itself builds it, with the builder that BUILDX_BUILDER names. It can write tarballs:
 * every builder but that of an engine with the classic image store.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { writeArchive } from "../archive.js";
import { sourceTime } from "../source-time.js";
import { baseEntries } from "./base.js";

const root = join(import.meta.dirname, "../../..");
const { values } = parseArgs({
  options: {
    packages: { type: "string", default: join(root, "dist/packages") },
    output: { type: "string", default: join(root, "dist/packages") },
  },
});
const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
const mtime = await sourceTime(root);
const program = `slipway-${version}-linux-${process.arch}`;
const image = join(values.output, `slipway-${version}-image-linux-${process.arch}.tar`);

const context = await mkdtemp(join(tmpdir(), "slipway-image-"));
try {
  await writeArchive(join(context, "base.tar.gz"), await baseEntries(program), mtime);
  await copyFile(join(values.packages, `${program}.tar.gz`), join(context, "program.tar.gz"));
  await copyFile(join(import.meta.dirname, "Dockerfile"), join(context, "Dockerfile"));
  const seconds = String(mtime.getTime() / 1000);
  const flags = [
    ...["--build-arg", `PROGRAM=${program}`, "--build-arg", `SOURCE_DATE_EPOCH=${seconds}`],
    // An OCI layout with the file that `docker load` looks for.
    ...["--tag", `slipway:${version}`, "--output", `type=docker,dest=${image},rewrite-timestamp=true`],
  ];
  const build = spawn(process.execPath, [join(root, "dist/cli.cjs"), "build", ...flags, context], {
    stdio: "inherit",
  });
  [process.exitCode] = await once(build, "exit");
} finally {
  await rm(context, { recursive: true });
}
if (process.exitCode === 0) console.log(image);
