import { readFile } from "node:fs/promises";
import { withLock } from "./cache.js";
import { engineApi } from "./engine-api.js";
import { builderImage, builderImageName } from "./recipes/builder-image.js";

/** Loads the BuildKit image into an engine's store if it is missing; returns the image's name. */
export async function loadBuilderImage({ socket }: { socket: string }): Promise<string> {
  const archive = await builderImage();
  await withLock("load-builder-image", async () => {
    const known = await engineApi(socket, "GET", `/images/${builderImageName}/json`).catch(() => undefined);
    if (known) return;
    const answer = await engineApi(socket, "POST", "/images/load", await readFile(archive));
    if (answer.includes('"error"')) throw new Error(`loading ${builderImageName}: ${answer}`);
  });
  return builderImageName;
}
