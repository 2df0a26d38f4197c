import { parseImageName } from "../../engine/src/image-name.js";

/** The name of an image, complete, as the Engine pulls it. */
export interface ImageReference {
  /** With the registry, if there is one in the name. */
  repository: string;
  /** A tag, or a digest: what follows the repository. */
  version: string;
  /** The name in full. */
  name: string;
  /** The name holds a digest: what is there need not be pulled again. */
  pinned: boolean;
  /** Host of the registry: "docker.io" when there is none in the name. */
  registry: string;
}

/** Reads the name of an image; what is none is INVALID_ARGUMENT. */
export function parseImageReference(text: string, field = "options[image]"): ImageReference {
  const { repository, tag = "latest", digest } = parseImageName(text, field);
  const [first = "", ...rest] = repository.split("/");
  const hasRegistry = rest.length > 0 && (/[.:]/.test(first) || first === "localhost");
  const version = digest ?? tag;
  return {
    repository,
    version,
    name: `${repository}${digest ? "@" : ":"}${version}`,
    pinned: digest !== undefined,
    registry: hasRegistry ? first : "docker.io",
  };
}
