import { buffer } from "node:stream/consumers";
import { answerTooLarge } from "../../errors/answer-too-large.js";
import { sizeText } from "../../util/size-text.js";
import type { BlobStore } from "./blob-store.js";
import { maxBlobBytes } from "./read-blob.js";

/** Reads a document, such as an index, of a content store into memory. Rejects with ANSWER_TOO_LARGE above the limit. */
export async function readDocument(
  store: BlobStore,
  digest: string,
  maxBytes = maxBlobBytes,
): Promise<Buffer> {
  const { size } = await store.info(digest);
  if (size > maxBytes) throw answerTooLarge(`The document ${digest}`, sizeText(maxBytes));
  return buffer(store.read(digest, 0, maxBytes));
}
