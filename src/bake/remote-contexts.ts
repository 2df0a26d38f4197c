import { posix } from "node:path";
import { type ContextUrl, gitFolderUrl, parseContextUrl } from "../inputs/context-url.js";
import { BakeError } from "./bake-error.js";
import type { Resolved, ResolvedTarget } from "./resolve-targets.js";
import { isUrl } from "./target-spec.js";

/**
 * Makes the folders of contexts those of the repository or archive that the definition is from. What begins with
 * "cwd://" stays on the client's machine. Throws a {@link BakeError} for a folder that is not in it.
 * @param url a git URL, or one of an archive
 */
export function withRemoteContexts({ targets, groups }: Resolved, url: string): Resolved {
  const remote = parseContextUrl(url)!;
  const moved = [...targets].map(([name, target]): [string, ResolvedTarget] => {
    try {
      return [name, withRemote(target, remote)];
    } catch (cause) {
      if (!(cause instanceof BakeError)) throw cause;
      throw new BakeError(`target ${JSON.stringify(name)}: ${cause.message}`, { cause });
    }
  });
  return { targets: new Map(moved), groups };
}

function withRemote(target: ResolvedTarget, remote: ContextUrl): ResolvedTarget {
  const contexts = Object.entries(target.contexts ?? {}).map(([name, source]) => [
    name,
    isFolder(source) ? namedUrl(name, source, remote) : source,
  ]);
  const moved = target.contexts ? { ...target, contexts: Object.fromEntries(contexts) } : target;
  const { context, dockerfile } = target;
  if (isFolder(context)) {
    const folder = folderIn(context);
    if (folder === "") return { ...moved, context: remote.url };
    if (remote.kind === "git") return { ...moved, context: gitFolderUrl(remote, folder) };
    return { ...moved, context: remote.url, archiveFolder: folder };
  }
  const isLocalDockerfile =
    /^(cwd:\/\/|https?:\/\/|\/)/.test(dockerfile) || target["dockerfile-inline"] !== undefined;
  if (context.startsWith("cwd://") && !isLocalDockerfile) {
    // It would silently be another Dockerfile than the one beside the definition.
    throw new BakeError(
      `a context on this machine cannot have the Dockerfile ${dockerfile} of a remote definition; write "cwd://${dockerfile}" for one on this machine, or dockerfile-inline`,
    );
  }
  return moved;
}

/** Whether a context is a folder that is not said to be the client's. */
function isFolder(source: string): boolean {
  return (
    source !== "-" && !/^(cwd|target|docker-image|docker-daemon|oci-layout):/.test(source) && !isUrl(source)
  );
}

function namedUrl(name: string, source: string, remote: ContextUrl): string {
  const folder = folderIn(source);
  if (remote.kind === "git") return folder === "" ? remote.url : gitFolderUrl(remote, folder);
  throw new BakeError(
    `the context ${JSON.stringify(name)} cannot be the folder ${source} of an archive; use a git repository`,
  );
}

/** The path from the folder of the definition; empty for that folder. As in buildx that is also the root of paths. */
function folderIn(source: string): string {
  const folder = posix.normalize(source.replace(/^\/+/, "") || ".").replace(/\/$/, "");
  if (folder === ".." || folder.startsWith("../"))
    throw new BakeError(`the context ${source} is outside of the folder of the remote definition`);
  return folder === "." ? "" : folder;
}
