import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { buffer } from "node:stream/consumers";
import { pack } from "tar-stream";
import { cached } from "../cache.js";
import { programPath } from "../path.js";
import { must } from "../run.js";
import { buildkit } from "./buildkit.js";
import { writeImageArchive } from "./image-archive.js";
import { runc } from "./runc.js";

/** Name of the BuildKit image. It replaces moby/buildkit, which cannot be pulled without a network. */
export const builderImageName = "slipway.test/buildkit:1";

/** Archive (`docker save`) of an image with BuildKit, runc and a shell, laid out like moby/buildkit. */
export async function builderImage(): Promise<string> {
  const [bin, runcBin] = [await buildkit(), await runc()];
  const build = async (folder: string) =>
    writeImageArchive(join(folder, "image.tar"), {
      name: builderImageName,
      layer: await layer(bin, join(runcBin, "runc")),
      config: {
        Entrypoint: ["/usr/bin/buildkitd"],
        Env: ["PATH=/usr/bin:/bin"],
        Volumes: { "/var/lib/buildkit": {} },
      },
    });
  const folder = await cached({ name: "builder-image-1", text: `${bin} ${runcBin} busybox`, build });
  return join(folder, "image.tar");
}

async function layer(buildkitBin: string, runcFile: string): Promise<Buffer> {
  const mtime = new Date(0);
  const tar = pack();
  const folders = ["bin/", "etc/", "lib/", "lib64/", "root/", "run/", "usr/", "usr/bin/", "var/", "var/lib/"];
  for (const name of folders) tar.entry({ name, type: "directory", mode: 0o755, mtime });
  // Without it every build fails with "failed to create temp dir".
  tar.entry({ name: "tmp/", type: "directory", mode: 0o1777, mtime });
  tar.entry({ name: "etc/passwd", mtime }, "root:x:0:0:root:/root:/bin/sh\n");
  tar.entry({ name: "etc/group", mtime }, "root:x:0:\n");
  const program = async (name: string, file: string) =>
    tar.entry({ name, mode: 0o755, mtime }, await readFile(file));
  await program("usr/bin/buildkitd", join(buildkitBin, "buildkitd"));
  await program("usr/bin/buildctl", join(buildkitBin, "buildctl"));
  await program("usr/bin/buildkit-runc", runcFile);
  for (const library of await sharedLibraries(runcFile)) await program(library.slice(1), library);
  await program("bin/busybox", programPath("busybox"));
  const applets = (await must("busybox", ["--list"])).stdout.split("\n").filter(Boolean);
  for (const applet of applets) {
    if (applet !== "busybox")
      tar.entry({ name: `bin/${basename(applet)}`, type: "symlink", linkname: "busybox", mtime });
  }
  tar.finalize();
  return buffer(tar);
}

/** Paths of the libraries that a program is linked to, including the loader. */
async function sharedLibraries(program: string): Promise<string[]> {
  const { stdout } = await must("ldd", [program]);
  return stdout.split("\n").flatMap((line) => /(\/\S+) \(0x/.exec(line)?.[1] ?? []);
}
