import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { cached } from "../cache.js";
import { baseImage } from "../recipes/base-image.js";
import { builderImage, builderImageName } from "../recipes/builder-image.js";
import { writeImageArchive } from "../recipes/image-archive.js";
import { must } from "../run.js";

/** Name of the image of the pause container, which holds a pod's namespaces. */
export const pauseImageName = "slipway.test/pause:1";

/** Import the images that pods need into a containerd; returns the name of the BuildKit image. */
export async function importImages(socket: string): Promise<string> {
  for (const archive of [await pauseImage(), await builderImage()])
    await must("ctr", ["--address", socket, "--namespace", "k8s.io", "images", "import", archive]);
  return builderImageName;
}

async function pauseImage(): Promise<string> {
  const base = await baseImage();
  const build = async (folder: string) =>
    writeImageArchive(join(folder, "image.tar"), {
      name: pauseImageName,
      layer: await readFile(join(base, "layer.tar")),
      config: { Entrypoint: ["/bin/sleep", "infinity"] },
    });
  return join(await cached({ name: "pause-image-1", text: base, build }), "image.tar");
}
