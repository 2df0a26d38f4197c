import { text } from "node:stream/consumers";
import { Code, driverError, type ProgressCall, type SentArchive, withPeriod } from "slipway/driver";
import type { EngineAddress } from "../../../engine/src/address.js";
import { withEngine } from "../../../engine/src/api.js";
import { EngineAnswer } from "../../../engine/src/explain-answer.js";
import { type EngineMessage, failureOf, readMessages } from "../../../engine/src/messages.js";

/**
 * Imports an archive and returns the names, or ids, of its images. The Engine sets tags only after it has read all of it.
 */
export async function load(
  address: EngineAddress,
  archive: SentArchive,
  { signal, progress }: ProgressCall,
): Promise<string[]> {
  return withEngine(address, signal, async (engine) => {
    const type = { "Content-Type": "application/x-tar" };
    const { status, body } = await archive.sendTo(engine.archiveRequest("POST", "/images/load", type));
    if (status !== 200) throw new EngineAnswer(status, await text(body));
    const loaded = new Set<string>();
    for await (const message of readMessages(body)) {
      // With the containerd store a failed unpack is only reported as text.
      const [, unpacking] = /^Error unpacking image \S+: (.*)/s.exec(message.stream ?? "") ?? [];
      const failure = failureOf(message) ?? unpacking?.trim();
      if (failure) throw loadFailed(failure);
      const [, name] = /^Loaded image(?: ID)?: (\S+)/.exec(message.stream ?? "") ?? [];
      if (name) loaded.add(name);
      reportLayer(message, progress);
    }
    if (loaded.size === 0) throw loadFailed("the archive has no image");
    return [...loaded];
  });
}

function reportLayer({ id, progressDetail }: EngineMessage, progress: ProgressCall["progress"]): void {
  const { current, total } = progressDetail ?? {};
  if (!id || current === undefined || !total) return;
  const counts = { current: BigInt(current), total: BigInt(total), done: current >= total };
  progress({ id, name: `loading layer ${id}`, ...counts });
}

function loadFailed(why: string): Error {
  return driverError({
    code: Code.InvalidArgument,
    reason: "IMAGE_LOAD_FAILED",
    message: withPeriod(`The Docker Engine cannot load the image: ${why}`),
    remedy: "Load an archive in the format of `docker save`; OCI layouts need the containerd image store.",
  });
}
