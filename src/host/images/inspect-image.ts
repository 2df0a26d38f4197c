import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ImageAttestationSchema, PlatformImageSchema } from "../../gen/slipway/v1/image_pb.js";
import { indexTypes, manifestTypes } from "../../image/media-types.js";
import type { Descriptor } from "../../image/oci-index.js";
import { digestPattern } from "../../image/reference.js";
import { normalizePlatform } from "../../inputs/platform.js";
import type { StoredManifest } from "../../registry/client.js";
import { type ImageSource, invalidImage, parseObject } from "./image-source.js";

/** How many manifests an image may have, and how deep indexes may be nested. */
export const maxManifests = 1000;
export const maxDepth = 4;

/** Annotations by which a manifest of attestations names its image; the first is that of older BuildKits. */
const subjectKeys = ["com.docker.reference.digest", "vnd.docker.reference.digest"];

type PlatformImage = MessageInitShape<typeof PlatformImageSchema>;
type Attestation = MessageInitShape<typeof ImageAttestationSchema>;

/** The images for all platforms in an index, or the one of a manifest, with their attestations on request. */
export async function platformImages(
  { mediaType, digest, bytes }: StoredManifest,
  source: ImageSource,
  { withAttestations }: { withAttestations: boolean },
): Promise<PlatformImage[]> {
  const found: Descriptor[] = [];
  if (isIndex(mediaType)) await collect(bytes, source, found, 0);
  else if (isManifest(mediaType)) found.push({ mediaType, digest, size: bytes.length });
  const images = new Map<string, PlatformImage>();
  for (const descriptor of found.filter((each) => !subjectOf(each))) {
    const image = await platformImage(descriptor, source);
    images.set(image.platform!, image);
  }
  if (withAttestations) {
    for (const image of images.values()) {
      const about = found.filter((each) => subjectOf(each) === image.digest);
      const lists = await Promise.all(about.map((each) => attestations(each, source)));
      image.attestations = lists.flat();
    }
  }
  return [...images.values()];
}

/** Adds the manifests of an index, and of the indexes in it. */
async function collect(
  bytes: Uint8Array,
  source: ImageSource,
  found: Descriptor[],
  depth: number,
): Promise<void> {
  if (depth > maxDepth) throw invalidImage("the index", "indexes are nested too deeply");
  for (const descriptor of descriptorsIn(parseObject(bytes, "the index"), "manifests")) {
    if (isIndex(descriptor.mediaType))
      await collect(await source.manifest(descriptor.digest), source, found, depth + 1);
    else if (isManifest(descriptor.mediaType)) found.push(descriptor);
    if (found.length > maxManifests)
      throw invalidImage("the index", `it has more than ${maxManifests} manifests`);
  }
}

async function platformImage({ digest, platform }: Descriptor, source: ImageSource): Promise<PlatformImage> {
  const manifest = parseObject(await source.manifest(digest), digest);
  const [configured] = descriptorsIn({ config: [manifest.config] }, "config");
  const config = await source.blob(configured!.digest);
  const { os, architecture, variant } = (platform ?? parseObject(config, configured!.digest)) as Record<
    string,
    unknown
  >;
  const name = [os, architecture, variant]
    .filter((part) => typeof part === "string" && part !== "")
    .join("/");
  return { platform: normalizePlatform(name) ?? name, digest, config, attestations: [] };
}

/** The statements in a manifest of attestations. */
async function attestations({ digest }: Descriptor, source: ImageSource): Promise<Attestation[]> {
  const manifest = parseObject(await source.manifest(digest), digest);
  const layers = descriptorsIn(manifest, "layers").filter(({ mediaType }) =>
    /^application\/vnd\.in-toto\b/.test(mediaType),
  );
  return Promise.all(
    layers.map(async ({ mediaType, digest: layer, annotations }) => {
      const content = await source.blob(layer);
      const isEnvelope = mediaType.endsWith("+dsse");
      const statement = isEnvelope
        ? Buffer.from(String(parseObject(content, layer).payload), "base64")
        : content;
      return { predicateType: annotations?.["in-toto.io/predicate-type"] ?? "", statement };
    }),
  );
}

/** The descriptors under a key of a manifest: FAILED_PRECONDITION, reason IMAGE_INVALID, where one is not valid. */
export function descriptorsIn(parent: Record<string, unknown>, key: string): Descriptor[] {
  const list = parent[key] ?? [];
  if (!Array.isArray(list)) throw invalidImage(`its ${key}`, "they are not a list");
  return list.map((each: unknown) => {
    const { mediaType, digest } = (each ?? {}) as Partial<Descriptor>;
    if (typeof mediaType !== "string" || typeof digest !== "string" || !digestPattern.test(digest))
      throw invalidImage(`a descriptor in its ${key}`, "it has no media type or no valid digest");
    return each as Descriptor;
  });
}

/** Digest of the image that a manifest of attestations is about. */
export function subjectOf({ annotations = {} }: Descriptor): string | undefined {
  return subjectKeys.map((key) => annotations[key]).find((digest) => digest !== undefined);
}

/** Whether a media type is that of an index. */
export function isIndex(mediaType: string): boolean {
  return (indexTypes as readonly string[]).includes(mediaType);
}

/** Whether a media type is that of the manifest of one image. */
export function isManifest(mediaType: string): boolean {
  return (manifestTypes as readonly string[]).includes(mediaType);
}
