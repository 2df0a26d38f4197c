import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { baseImage } from "../lab/recipes/base-image.js";

/** Copies the base image's layer into a context as `base.tar`, since BuildKit in a container does not see the engine's images. */
export async function baseLayer(context: string): Promise<void> {
  await copyFile(join(await baseImage(), "layer.tar"), join(context, "base.tar"));
}
