import { Code } from "@connectrpc/connect";
import { invalidField, typedError } from "../../errors/typed-error.js";
import { sha256 } from "../../image/digest.js";
import { indexTypes } from "../../image/media-types.js";
import type { Descriptor } from "../../image/oci-index.js";
import { normalizePlatform } from "../../inputs/platform.js";
import { escapeAsGo } from "../../util/go-json.js";
import type { Annotation } from "../builds/spec/annotations.js";
import { type ImageSource, parseObject } from "./image-source.js";
import { descriptorsIn, isIndex, isManifest, subjectOf } from "./inspect-image.js";

/** A manifest or index that a new image is made of. */
export interface SourceImage {
  /** With the platform of a manifest. */
  descriptor: Descriptor;
  bytes: Uint8Array;
  source: ImageSource;
}

/** How to make a new image. */
export interface CombineOptions {
  annotations: readonly (Annotation & { value: string })[];
  /** In normal form; empty means all. */
  platforms: readonly string[];
  /** A single manifest is copied, and not put into an index. */
  keepManifest: boolean;
}

/** A new image, and the manifests that its places need. */
export interface CombinedImage {
  descriptor: Descriptor;
  bytes: Uint8Array;
  parts: { descriptor: Descriptor; source: ImageSource }[];
}

/** A platform in a descriptor. */
interface Platform {
  architecture: string;
  os: string;
  variant?: string;
}

const [ociIndex, dockerList] = indexTypes;
const attestationType = "application/vnd.docker.attestation.manifest.v1+json";
const referenceType = "vnd.docker.reference.type";
const referenceDigest = "vnd.docker.reference.digest";

/** Makes an index of all manifests of the sources, as buildx does: byte for byte. */
export async function combineImages(
  images: readonly SourceImage[],
  options: CombineOptions,
): Promise<CombinedImage> {
  const [first] = images;
  const isSingle = images.length === 1 && options.annotations.length === 0;
  if (first && isSingle && isIndex(first.descriptor.mediaType))
    return filtered(first, () => first.source, options.platforms);
  if (first && isSingle && options.keepManifest) {
    const platform = platformText(first.descriptor);
    if (options.platforms.length > 0 && !options.platforms.includes(platform ?? ""))
      throw noPlatform(options.platforms, [platform ?? "unknown"]);
    return { ...first, parts: [first] };
  }
  const sources = new Map<string, ImageSource>();
  const descriptors = new Map<string, Descriptor>();
  for (const image of images) {
    for (const descriptor of manifestsOf(image)) {
      const known = descriptors.get(descriptor.digest);
      descriptors.set(descriptor.digest, known ? merged(known, descriptor) : { ...descriptor });
      sources.set(descriptor.digest, image.source);
    }
  }
  const manifests = [...descriptors.values()];
  const areDocker = manifests.every(({ mediaType }) => mediaType.startsWith("application/vnd.docker."));
  const mediaType = areDocker ? dockerList : ociIndex;
  const annotations = annotate(manifests, mediaType, options.annotations);
  const bytes = indexBytes({ mediaType, manifests, annotations });
  const descriptor = { mediaType, digest: sha256(bytes), size: bytes.length };
  return filtered({ descriptor, bytes }, ({ digest }) => sources.get(digest)!, options.platforms);
}

function manifestsOf({ descriptor, bytes }: SourceImage): Descriptor[] {
  return isIndex(descriptor.mediaType)
    ? descriptorsIn(parseObject(bytes, "the index"), "manifests")
    : [descriptor];
}

function merged(known: Descriptor, later: Descriptor): Descriptor {
  return {
    ...known,
    ...(later.platform !== undefined && { platform: later.platform }),
    annotations: { ...known.annotations, ...later.annotations },
  };
}

/** Annotates descriptors, and returns the annotations of the index. */
function annotate(
  manifests: readonly Descriptor[],
  mediaType: string,
  annotations: CombineOptions["annotations"],
): Record<string, string> {
  if (mediaType === dockerList && annotations.length > 0) {
    const message = "Only an OCI index has annotations, and all sources are Docker manifests.";
    throw invalidField("annotations", "ANNOTATION_INVALID", message, "Omit the annotations.");
  }
  const ofIndex: Record<string, string> = {};
  for (const { level, platform, name, value } of annotations) {
    if (level === "index") ofIndex[name] = value;
    const wanted = platform && normalizePlatform(platform);
    if (level !== "manifest-descriptor") continue;
    for (const descriptor of manifests)
      if (!wanted || platformText(descriptor) === wanted)
        descriptor.annotations = { ...descriptor.annotations, [name]: value };
  }
  return ofIndex;
}

/** Leaves out what is for other platforms, and adds attestations that only refer to their image. */
async function filtered(
  { descriptor, bytes }: Pick<SourceImage, "descriptor" | "bytes">,
  sourceOf: (manifest: Descriptor) => ImageSource,
  platforms: readonly string[],
): Promise<CombinedImage> {
  const index = parseObject(bytes, "the index");
  const all = descriptorsIn(index, "manifests");
  const isWanted = (manifest: Descriptor) => {
    const platform = platformText(manifest);
    return platforms.length === 0 || platform === undefined || platforms.includes(platform);
  };
  const subjectIn = (manifest: Descriptor) =>
    manifest.annotations?.[referenceType] === "attestation-manifest"
      ? all.find(({ digest }) => digest === subjectOf(manifest))
      : undefined;
  const kept = all.filter((manifest) => {
    const subject = subjectIn(manifest);
    return isWanted(manifest) || (subject && isWanted(subject));
  });
  if (kept.length === 0)
    throw noPlatform(
      platforms,
      all.map((manifest) => platformText(manifest) ?? "unknown"),
    );
  const parts = kept.map((manifest) => ({ descriptor: manifest, source: sourceOf(manifest) }));
  const attested = new Set(all.map((manifest) => subjectIn(manifest)?.digest));
  const added: Descriptor[] = [];
  for (const manifest of kept) {
    if (!isWanted(manifest) || subjectIn(manifest) || attested.has(manifest.digest)) continue;
    const referrers = await sourceOf(manifest).referrers(manifest.digest);
    const found = referrers.find(({ artifactType }) => artifactType === attestationType);
    if (!found) continue;
    const { artifactType: _type, ...attestation } = found;
    const annotations = {
      ...attestation.annotations,
      [referenceType]: "attestation-manifest",
      [referenceDigest]: manifest.digest,
    };
    added.push({ ...attestation, annotations, platform: { architecture: "unknown", os: "unknown" } });
  }
  if (kept.length === all.length && added.length === 0) return { descriptor, bytes, parts };
  const rewritten = indexBytes({ ...index, mediaType: descriptor.mediaType, manifests: [...kept, ...added] });
  const { mediaType } = descriptor;
  return {
    descriptor: { mediaType, digest: sha256(rewritten), size: rewritten.length },
    bytes: rewritten,
    parts,
  };
}

/** "linux/arm64"; undefined where a descriptor has none. */
function platformText({ platform }: Descriptor): string | undefined {
  if (typeof platform !== "object" || platform === null) return undefined;
  const { os, architecture, variant } = platform as Platform;
  const text = [os, architecture, variant].filter(Boolean).join("/");
  return normalizePlatform(text) ?? text;
}

/** The descriptor of a source, with the platform of its configuration where it lacks one. */
export async function withPlatform(
  descriptor: Descriptor,
  bytes: Uint8Array,
  source: ImageSource,
): Promise<Descriptor> {
  if (!isManifest(descriptor.mediaType)) return descriptor;
  const given = (descriptor.platform ?? {}) as Partial<Platform>;
  if (given.os && given.architecture) return descriptor;
  const [config] = descriptorsIn({ config: [parseObject(bytes, descriptor.digest).config] }, "config");
  const { os, architecture, variant } = parseObject(await source.blob(config!.digest), config!.digest);
  const text = [os || "linux", architecture, variant].filter(Boolean).join("/");
  const [system, name, kind] = (normalizePlatform(text) ?? text).split("/");
  const platform = {
    ...given,
    architecture: given.architecture || (name ?? ""),
    os: given.os || system!,
    ...(!given.architecture && !given.variant && kind !== undefined && { variant: kind }),
  };
  return { ...descriptor, platform };
}

function noPlatform(wanted: readonly string[], known: readonly string[]) {
  const message = `No manifest of the sources is for ${wanted.join(", ")}.`;
  return typedError({
    code: Code.FailedPrecondition,
    reason: "IMAGE_PLATFORM_MISSING",
    message,
    remedy: `Choose from ${[...new Set(known)].join(", ")}.`,
    fields: [{ field: "platforms", message, reason: "IMAGE_PLATFORM_MISSING" }],
  });
}

/** An index as Go writes it. */
function indexBytes(index: Record<string, unknown>): Buffer {
  const { manifests, annotations } = index;
  const ordered = {
    schemaVersion: 2,
    mediaType: index.mediaType,
    artifactType: index.artifactType || undefined,
    manifests: (manifests as Descriptor[]).map(goDescriptor),
    subject: index.subject,
    annotations: sortedTexts(annotations),
  };
  return Buffer.from(escapeAsGo(JSON.stringify(ordered, undefined, 2)));
}

/** A descriptor with its fields in the order of Go's type. */
function goDescriptor(descriptor: Descriptor): Record<string, unknown> {
  const { mediaType, digest, size, urls, annotations, data, platform, artifactType } = descriptor;
  const given = platform as Record<string, unknown> | undefined;
  return {
    mediaType,
    digest,
    size,
    urls,
    annotations: sortedTexts(annotations),
    data,
    platform: given && {
      architecture: given.architecture,
      os: given.os,
      "os.version": given["os.version"],
      "os.features": given["os.features"],
      variant: given.variant || undefined,
    },
    artifactType: artifactType || undefined,
  };
}

/** Go sorts the keys of maps, and omits empty ones. */
function sortedTexts(texts: unknown): Record<string, unknown> | undefined {
  const entries = Object.entries((texts ?? {}) as object).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

/** A descriptor as JSON of one line, as Go writes it. */
export function descriptorJson(descriptor: Descriptor): string {
  return escapeAsGo(JSON.stringify(goDescriptor(descriptor)));
}
