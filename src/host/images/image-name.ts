import { isAbsolute } from "node:path";
import { invalidField } from "../../errors/typed-error.js";
import { fullReference, parseReference } from "../../image/reference.js";
import { parseNamedContextSource } from "../../inputs/named-context.js";

/** Where an image is, by its name. */
export type ImageName =
  /** `reference` is its digest or tag. */
  | { kind: "registry"; full: string; domain: string; repository: string; reference: string }
  | { kind: "layout"; full: string; path: string; tag?: string; digest?: string };

const layoutScheme = "oci-layout://";

/** Parses the name of an image: INVALID_ARGUMENT, reason IMAGE_NAME_INVALID. */
export function parseImageName(field: string, name: string): ImageName {
  if (name.startsWith(layoutScheme)) return parseLayout(field, name);
  const reference = parseReference(name);
  if (!reference) throw invalid(field, name, "it is no image reference");
  const { domain, path: repository, tag = "latest", digest } = reference;
  return {
    kind: "registry",
    full: fullReference(reference),
    domain,
    repository,
    reference: digest ?? tag,
  };
}

function parseLayout(field: string, name: string): ImageName {
  let source: ReturnType<typeof parseNamedContextSource>;
  try {
    source = parseNamedContextSource("image", name);
  } catch {
    throw invalid(field, name, "it names no folder, tag or digest");
  }
  if (source.kind !== "oci-layout") throw invalid(field, name, "it is no OCI layout");
  const { path, tag, digest } = source;
  if (!isAbsolute(path)) throw invalid(field, name, "its path is relative");
  const full = `${layoutScheme}${path}${tag ? `:${tag}` : ""}${digest ? `@${digest}` : ""}`;
  return { kind: "layout", full, path, tag, digest };
}

function invalid(field: string, name: string, why: string) {
  const message = `The image name ${JSON.stringify(name)} is not valid: ${why}.`;
  const remedy = "Write registry/repository:tag, or oci-layout:///folder:tag with an absolute path.";
  return invalidField(field, "IMAGE_NAME_INVALID", message, remedy);
}
