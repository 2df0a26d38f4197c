import { Readable } from "node:stream";
import { Code, driverError, type ProgressCall, withPeriod } from "slipway/driver";
import type { EngineAddress } from "../../../engine/src/address.js";
import { withEngine } from "../../../engine/src/api.js";
import { type EngineMessage, failureOf, readMessages } from "../../../engine/src/messages.js";

/**
 * Imports an archive and returns the names, or ids, of its images. When the archive throws, the import is aborted; the
 * Engine sets tags only after it has read all of it.
 */
export async function load(
  address: EngineAddress,
  archive: AsyncIterable<Uint8Array>,
  { signal, progress }: ProgressCall,
): Promise<string[]> {
  let sent = 0;
  const step = { id: "archive", name: "sending tarball" };
  const counted = async function* () {
    for await (const chunk of archive) {
      sent += chunk.length;
      progress({ ...step, current: BigInt(sent) });
      yield chunk;
    }
  };
  return withEngine(address, signal, async (engine) => {
    progress(step);
    const docker = await engine.docker();
    const source = Readable.from(counted(), { objectMode: false });
    try {
      const answer = (await docker.loadImage(source)) as Readable;
      const loaded = new Set<string>();
      for await (const message of readMessages(answer)) {
        // With the containerd store a failed unpack is only reported as text.
        const [, unpacking] = /^Error unpacking image \S+: (.*)/s.exec(message.stream ?? "") ?? [];
        const failure = failureOf(message) ?? unpacking?.trim();
        if (failure) throw loadFailed(failure);
        const [, name] = /^Loaded image(?: ID)?: (\S+)/.exec(message.stream ?? "") ?? [];
        if (name) loaded.add(name);
        reportLayer(message, progress);
      }
      if (loaded.size === 0) throw loadFailed("the archive has no image");
      progress({ ...step, current: BigInt(sent), done: true });
      return [...loaded];
    } catch (error) {
      throw source.errored ? incomplete(source.errored) : error;
    } finally {
      source.destroy();
    }
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

function incomplete(cause: Error): Error {
  return driverError({
    code: Code.Aborted,
    reason: "IMAGE_ARCHIVE_INCOMPLETE",
    message: withPeriod(`The image archive is incomplete: ${cause.message}`),
  });
}
