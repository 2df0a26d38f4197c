import type { InspectImageResponse, PlatformImage } from "../../gen/slipway/v1/image_pb.js";
import { indentedJson } from "../../template/docker-functions.js";
import type { Template } from "../../template/template.js";
import { fromJson, GoMap, NilPointer, Struct, type Value } from "../../template/values.js";
import { registryAuth } from "../build/registry-auth.js";
import { flagsConflict } from "../flags-conflict.js";
import { withHost } from "../host.js";
import { print, printBytes } from "../output/print.js";
import { alignColumns } from "../output/table.js";
import { executeTemplate, parseTemplate } from "../output/template.js";
import { fullPath } from "./full-path.js";
import { descriptorValue, imageValue, indexValue } from "./image-values.js";

/** The flags of `imagetools inspect`. */
export interface InspectFlags {
  format?: string;
  raw?: boolean;
}

/** `slipway imagetools inspect` */
export async function runImageInspect(name: string, { format, raw }: InspectFlags): Promise<void> {
  if (format && raw) throw flagsConflict("--format", "--format and --raw cannot be used together");
  const isHuman = !format || /^\s*\{\{\s*\.Manifest\s*\}\}\s*$/.test(format);
  const template = isHuman ? undefined : parseTemplate(format);
  const image = await withHost(async ({ images, environment, isLocal }) =>
    images.inspectImage({
      name: fullPath(name),
      environment,
      registryAuth: await registryAuth(isLocal),
      withImages: template !== undefined,
      withAttestations: /\b(SBOM|Provenance)\b/.test(format ?? ""),
    }),
  );
  if (raw) printBytes(image.manifest);
  else print(template ? ofTemplate(template, name, image) : describeImage(image));
}

/** A descriptor in an index. */
interface Child {
  mediaType: string;
  digest: string;
  platform?: {
    os: string;
    architecture: string;
    variant?: string;
    "os.version"?: string;
    "os.features"?: string[];
  };
  urls?: string[];
  annotations?: Record<string, string>;
}

/** An image as buildx shows it: its name and digest, and the manifests of an index. */
export function describeImage({ name, mediaType, digest, manifest }: InspectImageResponse): string {
  const head = alignColumns([
    ["Name:", name],
    ["MediaType:", mediaType],
    ["Digest:", digest],
  ]);
  const { manifests } = JSON.parse(Buffer.from(manifest).toString()) as { manifests?: Child[] };
  if (!Array.isArray(manifests)) return head;
  const sections: string[][][] = [[]];
  for (const [index, child] of manifests.entries()) {
    const add = (key: string, value: string) => sections.at(-1)!.push([`  ${key}:`, value]);
    if (index > 0) sections.at(-1)!.push(["", ""]);
    add("Name", childName(name, child.digest));
    add("MediaType", child.mediaType);
    const { platform, urls = [], annotations = {} } = child;
    if (!platform) continue;
    add("Platform", [platform.os, platform.architecture, platform.variant].filter(Boolean).join("/"));
    if (platform["os.version"]) add("OSVersion", platform["os.version"]);
    if (platform["os.features"]?.length) add("OSFeatures", platform["os.features"].join(", "));
    if (urls.length > 0) add("URLs", urls.join(", "));
    const notes = Object.entries(annotations).sort(([a], [b]) => (a < b ? -1 : 1));
    if (notes.length === 0) continue;
    add("Annotations", "");
    // Annotations are aligned among themselves, and what follows them is too.
    sections.push(
      notes.map(([key, value]) => [`    ${key}:`, value]),
      [],
    );
  }
  const list = alignColumns([
    ["", ""],
    ["Manifests:", ""],
  ]);
  return head + list + sections.map((rows) => alignColumns(rows)).join("");
}

function childName(name: string, digest: string): string {
  return name.startsWith("oci-layout://")
    ? `${name.replace(/@[^@]*$/, "").replace(/:[^:/]*$/, "")}@${digest}`
    : `${name.replace(/@.*$/, "")}@${digest}`;
}

function ofTemplate(template: Template, name: string, response: InspectImageResponse): string {
  const { mediaType, digest, manifest, images } = response;
  const json = JSON.parse(Buffer.from(manifest).toString()) as { manifests?: unknown };
  const own = { ...json, mediaType, digest, size: manifest.length };
  const isSingle = images.length <= 1;
  const perPlatform = (read: (image: PlatformImage) => Value | undefined, none: Value) => {
    const values = images.flatMap((image) => {
      const value = read(image);
      return value === undefined ? [] : [[image.platform, value] as const];
    });
    return isSingle ? (values[0]?.[1] ?? none) : new GoMap(values, none);
  };
  const members = {
    Name: name,
    Manifest: Array.isArray(json.manifests)
      ? indexValue(own)
      : descriptorValue({ mediaType, digest, size: manifest.length }),
    Image: perPlatform(
      ({ config }) => imageValue(JSON.parse(Buffer.from(config).toString())),
      new NilPointer("*v1.Image"),
    ),
    SBOM: () => perPlatform(sbom, new Struct("sbom", {})),
    Provenance: () => perPlatform(provenance, new Struct("provenance", {})),
  };
  const tags = { Name: "name,omitempty", Manifest: "manifest,omitempty", Image: "image,omitempty" };
  return executeTemplate(template, new Struct("image", members, { tags }), { json: indentedJson });
}

/** The lists of packages of an image. */
function sbom(image: PlatformImage): Value | undefined {
  const [first, ...more] = predicates(image, (type) => type === "https://spdx.dev/Document");
  if (first === undefined) return undefined;
  return new Struct("sbom", { SPDX: first, ...(more.length > 0 && { AdditionalSPDXs: more }) });
}

/** The provenance of an image; of several, the last. */
function provenance(image: PlatformImage): Value | undefined {
  const last = predicates(image, (type) => type.startsWith("https://slsa.dev/provenance/")).at(-1);
  return last === undefined ? undefined : new Struct("provenance", { SLSA: last });
}

function predicates({ attestations }: PlatformImage, isWanted: (type: string) => boolean): Value[] {
  return attestations
    .filter(({ predicateType }) => isWanted(predicateType))
    .map(({ statement }) =>
      fromJson((JSON.parse(Buffer.from(statement).toString()) as { predicate?: unknown }).predicate),
    );
}
