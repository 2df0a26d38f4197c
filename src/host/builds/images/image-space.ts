import { Code, type ConnectError } from "@connectrpc/connect";
import { typedError } from "../../../errors/typed-error.js";
import { freeBytes } from "../../../util/free-bytes.js";

/** Free space of the disk that is left for the host's state, in bytes. */
const reservedBytes = 64 << 20;
/** Bytes between two checks of the free space. */
const stepBytes = 8 << 20;

/**
 * Passes on the archive of an image while a folder's disk has space for it in addition to the host's state. Stores
 * report other sizes than that of the archive, so the space is checked during the transfer. RESOURCE_EXHAUSTED, reason
 * IMAGE_NO_SPACE.
 */
export async function* withinSpace(
  archive: AsyncIterable<Uint8Array>,
  folder: string,
  image: string,
): AsyncGenerator<Uint8Array> {
  let unchecked = stepBytes;
  for await (const data of archive) {
    unchecked += data.length;
    if (unchecked >= stepBytes) {
      if (freeBytes(folder) < reservedBytes + unchecked)
        throw noSpace(image, "the rest is reserved for its state");
      unchecked = 0;
    }
    yield data;
  }
}

/** Converts the error of a full disk into a typed one; returns other errors unchanged. */
export function withImageSpaceErrors(cause: unknown, image: string): unknown {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  return code === "ENOSPC" || code === "EDQUOT" ? noSpace(image, code) : cause;
}

function noSpace(image: string, why: string): ConnectError {
  return typedError({
    code: Code.ResourceExhausted,
    reason: "IMAGE_NO_SPACE",
    message: `The host has no disk space left to save the image ${image} (${why}).`,
    remedy:
      "Free space on the file system of the host's state folder, or push the image to a registry and name it there.",
  });
}
