import { Code, driverError, readTypedError } from "slipway/driver";
import type { EngineAddress } from "../../../engine/src/address.js";
import { withEngine } from "../../../engine/src/api.js";
import { parseImageName } from "../../../engine/src/image-name.js";

/** Removes one name of an image, and with the last name the image. An image that does not exist is not an error. */
export async function remove(
  address: EngineAddress,
  { name, force }: { name: string; force: boolean },
  signal: AbortSignal,
): Promise<void> {
  parseImageName(name);
  try {
    await withEngine(address, signal, async (engine) => {
      const docker = await engine.docker();
      await docker.getImage(name).remove({ force });
    });
  } catch (error) {
    const typed = readTypedError(error);
    if (typed.reason === "IMAGE_IN_USE")
      throw driverError({ ...typed, remedy: "Remove its containers first, or set force." });
    if (typed.code !== Code.NotFound) throw error;
  }
}
