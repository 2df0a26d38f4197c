import { parseDescriptor } from "../../image/documents.js";
import type { Descriptor } from "../../image/oci-index.js";
import { splitNames } from "./spec/image-names.js";

/** What BuildKit's exporters and cache exporters report, by key. */
export type ExporterResponse = Readonly<Record<string, string>>;

/** Digest of the image or index. */
export const digestKey = "containerimage.digest";
/** Digest of the image's configuration. */
export const configDigestKey = "containerimage.config.digest";
/** Descriptor of the image or index, in base64. */
const descriptorKey = "containerimage.descriptor";
/** Descriptor of the build cache. */
const cacheKey = "cache.manifest";
/** Names of the image, with commas between them. */
export const namesKey = "image.name";

/** The descriptor of the image or index; undefined when no image was exported. Throws ANSWER_MALFORMED. */
export function descriptorIn({ [descriptorKey]: text }: ExporterResponse): Descriptor | undefined {
  return text
    ? parseDescriptor(Buffer.from(text, "base64"), "The descriptor of the exported image")
    : undefined;
}

/** The descriptor of the build cache; undefined when none was exported. Throws ANSWER_MALFORMED. */
export function cacheIn({ [cacheKey]: text }: ExporterResponse): Descriptor | undefined {
  return text ? parseDescriptor(text, "The descriptor of the exported build cache") : undefined;
}

/** The digests of the image; undefined when no image was exported. */
export function digestsIn(response: ExporterResponse): { imageDigest?: string; configDigest?: string } {
  return { imageDigest: response[digestKey], configDigest: response[configDigestKey] };
}

/** The names of the image. */
export function namesIn({ [namesKey]: names }: ExporterResponse): string[] {
  return splitNames(names);
}

/** The response about another image or index, whose configuration is not known. */
export function withDescriptor(response: ExporterResponse, descriptor: Descriptor): ExporterResponse {
  const { [configDigestKey]: _config, ...rest } = response;
  const text = Buffer.from(JSON.stringify(descriptor)).toString("base64");
  return { ...rest, [digestKey]: descriptor.digest, [descriptorKey]: text };
}
