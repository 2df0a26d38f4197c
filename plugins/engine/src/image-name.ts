import { Code, driverError, parseReference } from "slipway/driver";

/** The parts of an image's name. */
export interface ImageName {
  /** Includes the registry, if the name has one. */
  repository: string;
  tag?: string;
  digest?: string;
  /** Host of the registry; `docker.io` for a name without one, and for an id. */
  registry: string;
}

/** Splits a name or id, which becomes part of a path of the Engine's API. Throws INVALID_ARGUMENT for other texts. */
export function parseImageName(name: string, field = "name"): ImageName {
  if (/^[a-f0-9]{64}$/.test(name)) return { repository: name, registry: "docker.io" };
  const reference = parseReference(name);
  if (reference) {
    const { domain: registry, tag, digest } = reference;
    const suffix = (tag ? `:${tag}` : "") + (digest ? `@${digest}` : "");
    return { repository: name.slice(0, name.length - suffix.length), tag, digest, registry };
  }
  const message = `"${name}" is not an image name or id.`;
  throw driverError({
    code: Code.InvalidArgument,
    reason: "IMAGE_NAME_INVALID",
    message,
    remedy: "Write [registry/]path[:tag], in lower case except for the tag.",
    fields: [{ field, message }],
  });
}
