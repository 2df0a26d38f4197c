import { Code, driverError } from "slipway/driver";
import type { EngineAddress } from "../../../engine/src/address.js";
import { openEngine } from "../../../engine/src/api.js";
import { parseImageName } from "../../../engine/src/image-name.js";

/** Streams images as an archive. */
export async function* save(
  address: EngineAddress,
  names: string[],
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  const message = "The request names no image.";
  if (names.length === 0)
    throw driverError({
      code: Code.InvalidArgument,
      reason: "IMAGE_NAME_MISSING",
      message,
      fields: [{ field: "names", message }],
    });
  for (const [index, name] of names.entries()) parseImageName(name, `names[${index}]`);
  const engine = await openEngine(address, signal);
  try {
    const docker = await engine.docker();
    yield* await docker.getImages({ names });
  } catch (error) {
    throw engine.explain(error);
  } finally {
    engine.close();
  }
}
