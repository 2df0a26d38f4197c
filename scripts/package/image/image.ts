import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeArchive } from "../archive.js";
import type { Output } from "../output.js";
import { baseEntries } from "./base.js";

/**
 * Makes the container image of the service for this machine's CPU from its archive, and returns its name. Slipway itself
 * builds it, with the builder that BUILDX_BUILDER names. It can write tarballs: every builder but that of an engine with the
 * classic image store.
 *
 * @param packages folder with the archive
 */
export async function writeImage(
  { root, folder, version, mtime }: Output,
  packages = folder,
): Promise<string> {
  const program = `slipway-${version}-linux-${process.arch}`;
  const name = `slipway-${version}-image-linux-${process.arch}.tar`;
  const context = await mkdtemp(join(tmpdir(), "slipway-image-"));
  try {
    await writeArchive(join(context, "base.tar.gz"), await baseEntries(program), mtime);
    await copyFile(join(packages, `${program}.tar.gz`), join(context, "program.tar.gz"));
    await copyFile(join(import.meta.dirname, "Dockerfile"), join(context, "Dockerfile"));
    const seconds = String(mtime.getTime() / 1000);
    const destination = `type=docker,dest=${join(folder, name)},rewrite-timestamp=true`;
    const flags = [
      ...["--build-arg", `PROGRAM=${program}`, "--build-arg", `SOURCE_DATE_EPOCH=${seconds}`],
      // An OCI layout with the file that `docker load` looks for.
      ...["--tag", `slipway:${version}`, "--output", destination],
    ];
    await build(root, [...flags, context]);
    return name;
  } finally {
    await rm(context, { recursive: true });
  }
}

/** Builds an empty image as {@link writeImage} does, so that an unsuitable builder is known before minutes of work. */
export async function checkBuilder(root: string): Promise<void> {
  const context = await mkdtemp(join(tmpdir(), "slipway-image-"));
  try {
    await writeFile(join(context, "Dockerfile"), "FROM scratch\nLABEL empty=true\n");
    await build(root, ["--quiet", "--output", `type=docker,dest=${join(context, "image.tar")}`, context]);
  } finally {
    await rm(context, { recursive: true });
  }
}

/** Runs `slipway build` with the builder of the environment. */
async function build(root: string, args: readonly string[]): Promise<void> {
  const slipway = spawn(process.execPath, [join(root, "dist/cli.cjs"), "build", ...args], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  const [code] = await once(slipway, "exit");
  if (code !== 0)
    throw new Error(
      `The build of the container image exited with ${code}. Name a builder in BUILDX_BUILDER, or leave it out with --without image.`,
    );
}
