import { text } from "node:stream/consumers";
import { Code, driverError, type ReceivedArchive } from "slipway/driver";
import type { EngineAddress } from "../../../engine/src/address.js";
import { withEngine } from "../../../engine/src/api.js";
import { EngineAnswer } from "../../../engine/src/explain-answer.js";
import { parseImageName } from "../../../engine/src/image-name.js";

/** Gives images as an archive. */
export async function save(
  address: EngineAddress,
  names: string[],
  archive: ReceivedArchive,
  signal: AbortSignal,
): Promise<void> {
  const message = "The request names no image.";
  if (names.length === 0)
    throw driverError({
      code: Code.InvalidArgument,
      reason: "IMAGE_NAME_MISSING",
      message,
      fields: [{ field: "names", message }],
    });
  for (const [index, name] of names.entries()) parseImageName(name, `names[${index}]`);
  await withEngine(address, signal, async (engine) => {
    const query = names.map((name) => `names=${encodeURIComponent(name)}`).join("&");
    const { status, body } = await archive.fetchFrom(engine.archiveRequest("GET", `/images/get?${query}`));
    if (status !== 200) throw new EngineAnswer(status, await text(body));
  });
}
