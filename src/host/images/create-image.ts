import type { MessageInitShape } from "@bufbuild/protobuf";
import { ConnectError } from "@connectrpc/connect";
import { InputError } from "../../errors/input-error.js";
import { invalidField, renameFields } from "../../errors/typed-error.js";
import type {
  CreatedImageSchema,
  CreateImageRequest,
  CreateImageSource,
} from "../../gen/slipway/v1/image_pb.js";
import { isDescriptor } from "../../image/documents.js";
import type { Descriptor } from "../../image/oci-index.js";
import { normalizePlatform } from "../../inputs/platform.js";
import { isJsonObject } from "../../util/is-json-object.js";
import type { EventLog } from "../builds/event-log.js";
import { hostStep } from "../builds/host-step.js";
import { parseAnnotation } from "../builds/spec/annotations.js";
import {
  type CombineOptions,
  combineImages,
  descriptorJson,
  type SourceImage,
  withPlatform,
} from "./combine-images.js";
import { ImageCopies } from "./copy-image.js";
import { type ImageName, parseImageName } from "./image-name.js";
import {
  type ImageCaller,
  type ImageSource,
  invalidImage,
  mediaTypeOf,
  openImageSource,
} from "./image-source.js";
import { openImageTarget, placeOf, requireDigest } from "./image-target.js";
import { isIndex, isManifest } from "./inspect-image.js";

/** A request whose fields are valid. */
export interface ImagePlan {
  sources: { name: ImageName; descriptor: Partial<Descriptor> }[];
  names: ImageName[];
  options: CombineOptions;
}

/** Checks a request: INVALID_ARGUMENT. */
export function planImage(request: CreateImageRequest): ImagePlan {
  const { sources, names, dryRun } = request;
  if (sources.length === 0)
    throw invalidField(
      "sources",
      "IMAGE_SOURCES_MISSING",
      "An image needs a source.",
      "Name at least one image.",
    );
  if (names.length === 0 && !dryRun)
    throw invalidField(
      "names",
      "IMAGE_NAMES_MISSING",
      "The image has no name.",
      "Give it a name, or set dry_run.",
    );
  return {
    sources: sources.map((source, index) => ({
      name: parseImageName(`sources[${index}].name`, source.name),
      descriptor: descriptorOf(source, index),
    })),
    names: names.map((name, index) => parseImageName(`names[${index}]`, name)),
    options: {
      annotations: Object.entries(request.annotations).map(([key, value]) => annotationOf(key, value)),
      platforms: request.platforms.map((platform, index) => platformOf(`platforms[${index}]`, platform)),
      keepManifest: request.keepManifest,
    },
  };
}

/** Makes the image of a plan, and writes it under its names. */
export async function createImage(
  { sources, names, options }: ImagePlan,
  { dryRun, caller, events }: { dryRun: boolean; caller: ImageCaller; events: Pick<EventLog, "append"> },
  signal: AbortSignal,
): Promise<MessageInitShape<typeof CreatedImageSchema>> {
  const opened: ImageSource[] = [];
  try {
    const images: SourceImage[] = [];
    for (const [index, { name, descriptor }] of sources.entries()) {
      const source = await openImageSource(name, caller, signal);
      opened.push(source);
      images.push(await atField(`sources[${index}].name`, () => sourceImage(source, descriptor, index)));
    }
    const image = await combineImages(images, options);
    for (const [index, name] of names.entries())
      requireDigest(`names[${index}]`, name, image.descriptor.digest);
    if (!dryRun) {
      for (const place of new Set(names.map(placeOf))) {
        const all = names.filter((name) => placeOf(name) === place);
        await hostStep(events, `[internal] pushing ${place}`, async (report) => {
          const target = await openImageTarget(all[0]!, caller, signal);
          try {
            const shown = (name: string) => ({ id: name, name, current: 0n, total: 0n });
            const copies = new ImageCopies(target);
            for (const { descriptor, source } of image.parts) {
              const step = shown(`copying ${descriptor.digest} from ${source.name.full}`);
              report({ ...step, done: false });
              await copies.copy(descriptor, source);
              report({ ...step, done: true });
            }
            for (const name of all) {
              const step = shown(`pushing ${image.descriptor.digest} to ${name.full}`);
              report({ ...step, done: false });
              await target.putName(name, image.descriptor, image.bytes);
              report({ ...step, done: true });
            }
          } finally {
            await target.close();
          }
        });
      }
    }
    return { descriptorJson: Buffer.from(descriptorJson(image.descriptor)), manifest: image.bytes };
  } finally {
    for (const source of opened) await source.close();
  }
}

async function sourceImage(
  source: ImageSource,
  given: Partial<Descriptor>,
  index: number,
): Promise<SourceImage> {
  const { mediaType, digest, bytes } = await source.named();
  const size = bytes.length;
  if (
    (given.digest !== undefined && given.digest !== digest) ||
    (given.size !== undefined && given.size !== size)
  )
    throw invalidDescriptor(index, `the source has ${digest} and ${size} bytes`);
  const known = { mediaType: mediaType || mediaTypeOf(bytes), digest, size };
  const descriptor = { ...known, ...given };
  if (!isIndex(descriptor.mediaType) && !isManifest(descriptor.mediaType))
    throw invalidImage(source.name.full, `its media type is ${JSON.stringify(descriptor.mediaType)}`);
  return { descriptor: await withPlatform(descriptor, bytes, source), bytes, source };
}

/** What the descriptor of a source sets. */
function descriptorOf({ descriptorJson: json }: CreateImageSource, index: number): Partial<Descriptor> {
  if (json.length === 0) return {};
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(json).toString());
  } catch {
    throw invalidDescriptor(index, "it is not JSON");
  }
  if (!isJsonObject(value)) throw invalidDescriptor(index, "it is not a JSON object");
  if (value.schemaVersion) throw invalidDescriptor(index, "it is a manifest or index");
  const complete = { mediaType: "", size: 0, ...value };
  if (!isDescriptor(complete)) throw invalidDescriptor(index, "it has no digest");
  const { mediaType, digest, size, annotations = {}, platform } = complete;
  return {
    digest,
    ...(mediaType && { mediaType }),
    ...(size > 0 && { size }),
    ...(Object.keys(annotations).length > 0 && { annotations }),
    ...(isJsonObject(platform) && { platform }),
  };
}

function invalidDescriptor(index: number, why: string) {
  const message = `The descriptor of source ${index + 1} cannot be used: ${why}.`;
  const remedy = "Give an OCI descriptor of the source, or none.";
  return invalidField(`sources[${index}].descriptor_json`, "IMAGE_SOURCE_INVALID", message, remedy);
}

function annotationOf(key: string, value: string): CombineOptions["annotations"][number] {
  const annotation = parseAnnotation(key);
  const { level, platform } = annotation;
  const field = `annotations[${key}]`;
  if (level !== "index" && level !== "manifest-descriptor") {
    const message = `The annotation ${JSON.stringify(key)} is of a manifest, which is not changed.`;
    const remedy = "Write index:key or manifest-descriptor:key.";
    throw invalidField(field, "ANNOTATION_INVALID", message, remedy);
  }
  if (platform) platformOf(field, platform);
  return { ...annotation, value };
}

function platformOf(field: string, text: string): string {
  const platform = normalizePlatform(text);
  if (platform) return platform;
  const message = `Unknown platform ${JSON.stringify(text)}.`;
  throw invalidField(field, "PLATFORM_UNKNOWN", message, "Write one such as linux/arm64.");
}

/** Names the field of a source in errors about an OCI layout. */
async function atField<T>(field: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof InputError) throw invalidField(field, cause.reason, cause.message, cause.remedy);
    if (cause instanceof ConnectError) throw renameFields(cause, () => field);
    throw cause;
  }
}
