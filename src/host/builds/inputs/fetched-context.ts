import { type ContextUrl, parseContextUrl } from "../../../inputs/context-url.js";

/** Where BuildKit fetches the files of a context; undefined for folders, and for images and layouts, which are no files. */
export function fetchedContext(contextUrl: string | undefined): ContextUrl | undefined {
  if (!contextUrl || /^(docker-image|oci-layout):/.test(contextUrl)) return undefined;
  return parseContextUrl(contextUrl);
}
