import { posix } from "node:path";
import type { ContextUrl } from "./context-url.js";

/**
 * The frontend attributes for a context that BuildKit fetches.
 *
 * @param filename Dockerfile in the context, undefined for the default
 * @param gitSubdirs false for BuildKit before 0.9 (Docker Engine up to 20.10), which does not support a folder in a git
 *   URL: it gets the repository, and the folder in other attributes
 */
export function remoteContextAttributes(
  context: ContextUrl,
  filename: string | undefined,
  { gitSubdirs = true }: { gitSubdirs?: boolean } = {},
): Record<string, string> {
  if (gitSubdirs || context.kind === "http" || !context.subdir || context.usesQuery)
    return { context: context.url, ...(filename && { filename }) };
  return {
    context: context.ref ? `${context.remote}#${context.ref}` : context.remote,
    contextsubdir: context.subdir,
    // The Dockerfile is looked for in the whole repository.
    filename: posix.join(context.subdir, filename ?? "Dockerfile"),
  };
}
