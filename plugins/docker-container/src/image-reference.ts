import { parseImageName } from "../../engine/src/image-name.js";

/** The complete name of an image, as the Engine pulls it. */
export interface ImageReference {
  /** Includes the registry, if the name has one. */
  repository: string;
  /** The tag or digest. */
  version: string;
  /** The complete name. */
  name: string;
  /** The name has a digest, so an image that exists need not be pulled again. */
  pinned: boolean;
  /** Host of the registry; "docker.io" when the name has none. */
  registry: string;
}

/** Parses the name of an image. Throws INVALID_ARGUMENT. */
export function parseImageReference(text: string, field = "options[image]"): ImageReference {
  const { repository, tag = "latest", digest, registry } = parseImageName(text, field);
  const version = digest ?? tag;
  return {
    repository,
    version,
    name: `${repository}${digest ? "@" : ":"}${version}`,
    pinned: digest !== undefined,
    registry,
  };
}
