import { hasImage } from "./has-image.js";
import { type ImageStoreUser, openImageStore, type UsedImageStore } from "./open-store.js";

/** The digests of an image; empty or undefined when they are not known. */
export interface ImageDigests {
  /** Of its manifest or index. */
  readonly imageDigest?: string;
  /** Of its configuration. */
  readonly configDigest?: string;
}

/** The id of an image that is in no store, as docker has always had it. */
export function defaultImageId({ imageDigest = "", configDigest = "" }: ImageDigests): string {
  return configDigest || imageDigest;
}

/** The id by which a store knows an image that it has: stores differ in which digest that is. */
export async function imageIdIn(
  store: UsedImageStore,
  digests: ImageDigests,
  signal: AbortSignal,
): Promise<string> {
  const { imageDigest, configDigest } = digests;
  if (!imageDigest || !configDigest || imageDigest === configDigest) return defaultImageId(digests);
  return (await hasImage(store, imageDigest, signal)) ? imageDigest : configDigest;
}

/** The id of an image in the store at a node's endpoint, where its BuildKit has put it. */
export async function imageIdAtNode(
  node: { driver: string; endpoint: string },
  user: ImageStoreUser,
  digests: ImageDigests,
  signal: AbortSignal,
): Promise<string> {
  // Whoever builds on the node may know what its store calls the result.
  const store = await openImageStore({ ...user, isLocal: true, isUntrusted: false }, node, "spec.outputs");
  try {
    return await imageIdIn(store, digests, signal);
  } finally {
    store.plugin.release();
  }
}
