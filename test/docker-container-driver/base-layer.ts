import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { baseImage } from "../lab/recipes/base-image.js";

/** Puts the base image's layer into a context as `base.tar`: a BuildKit of its own sees no engine's images. */
export async function baseLayer(context: string): Promise<void> {
  await copyFile(join(await baseImage(), "layer.tar"), join(context, "base.tar"));
}
