import { answerMalformed } from "../errors/answer-malformed.js";
import { sha256 } from "./digest.js";
import { isDescriptor, isTexts, parseObject } from "./documents.js";
import { indexTypes } from "./media-types.js";
import type { Descriptor } from "./oci-index.js";

const [ociIndex, dockerList] = indexTypes;

/** An index with its digest. */
export interface MergedIndex {
  descriptor: Descriptor;
  bytes: Buffer;
}

interface Index {
  mediaType: unknown;
  manifests: Descriptor[];
  annotations: Record<string, string>;
}

/**
 * Merges indexes: the manifests of the platforms and their attestations, each once, in order, and all annotations. The
 * result is docker's manifest list only if all of them are.
 */
export function mergeIndexes(indexes: readonly Uint8Array[]): MergedIndex {
  const parsed = indexes.map((bytes) => readIndex(bytes));
  const manifests = new Map<string, Descriptor>();
  for (const descriptor of parsed.flatMap((index) => index.manifests)) {
    manifests.set(descriptor.digest, manifests.get(descriptor.digest) ?? descriptor);
  }
  const annotations: Record<string, string> = Object.assign({}, ...parsed.map((index) => index.annotations));
  const mediaType = parsed.every((index) => index.mediaType === dockerList) ? dockerList : ociIndex;
  const index = {
    schemaVersion: 2,
    mediaType,
    manifests: [...manifests.values()],
    ...(Object.keys(annotations).length > 0 && { annotations }),
  };
  const bytes = Buffer.from(JSON.stringify(index, undefined, 2));
  const digest = sha256(bytes);
  return { bytes, descriptor: { mediaType, digest, size: bytes.length } };
}

function readIndex(bytes: Uint8Array): Index {
  const what = "The image index of a node";
  const { mediaType, manifests, annotations = {} } = parseObject(bytes, what);
  const list: unknown[] | undefined = Array.isArray(manifests) ? manifests : undefined;
  if (!list?.every(isDescriptor)) throw answerMalformed(what, "it is something other than an image index");
  if (!isTexts(annotations)) throw answerMalformed(what, "its annotations are not texts");
  return { mediaType, manifests: list, annotations };
}
