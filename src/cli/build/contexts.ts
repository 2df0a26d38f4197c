import { access, readFile, stat } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import type { Readable } from "node:stream";
import { InputError } from "../../errors/input-error.js";
import { parseContextUrl } from "../../inputs/context-url.js";
import { archiveHeaderBytes, detectContextStream } from "../../inputs/detect-archive.js";
import { parseNamedContext } from "../../inputs/named-context.js";
import { peek, readAll } from "./read-stream.js";

/** Source of the files of a build. */
export type ContextSource =
  /** Absolute path. */
  | { kind: "folder"; path: string }
  | { kind: "tar"; stream: Readable }
  | { kind: "url"; url: string; overSsh: boolean }
  | { kind: "image"; ref: string }
  /** An image of the local engine. */
  | { kind: "stored-image"; name: string }
  /** `oci-layout://` with an absolute path. */
  | { kind: "oci-layout"; url: string }
  | { kind: "empty" };

/** Source of the Dockerfile. */
export type DockerfileSource =
  /** `Dockerfile` in the context. */
  | { kind: "default" }
  /** A path within a context that is a URL or an archive. */
  | { kind: "name"; name: string }
  /** Absolute path on this machine. */
  | { kind: "path"; path: string }
  | { kind: "content"; content: Uint8Array };

/** The context and the Dockerfile of a build. */
export interface BuildInputs {
  context: ContextSource;
  dockerfile: DockerfileSource;
}

/** Path of the Dockerfile on this machine, which need not exist; undefined for one that is elsewhere. */
export function dockerfilePath({ context, dockerfile }: BuildInputs): string | undefined {
  if (dockerfile.kind === "path") return dockerfile.path;
  return dockerfile.kind === "default" && context.kind === "folder"
    ? join(context.path, "Dockerfile")
    : undefined;
}

/**
 * Finds context and Dockerfile as buildx does; `content` is a Dockerfile that is in no file. Throws if local files are missing. `stdin` is a function because the first
 * access to `process.stdin` opens it.
 */
export async function findInputs(
  { context: text, file = "", content }: { context: string; file?: string; content?: Uint8Array },
  stdin: () => Readable,
): Promise<BuildInputs> {
  if (text === "-" && isStdin(file)) {
    throw invalid(
      "invalid argument: can't use stdin for both build context and dockerfile",
      "Give a path for one of them.",
    );
  }
  if (text === "-") return fromStdin(file, stdin());
  const dockerfile: DockerfileSource | undefined = content
    ? { kind: "content", content }
    : await explicitDockerfile(file, stdin);
  if (await isFolder(text)) {
    const context: ContextSource = { kind: "folder", path: resolve(text) };
    if (dockerfile) return { context, dockerfile };
    const path = file ? resolve(file) : join(context.path, "Dockerfile");
    if (await isStream(path)) return { context, dockerfile: await contentOf(path) };
    await requireDockerfile(path);
    return { context, dockerfile: file ? { kind: "path", path } : { kind: "default" } };
  }
  const url = parseContextUrl(text);
  if (!url) {
    const remedy = "Give a folder, a git or http URL, or - for stdin.";
    throw invalid(
      `failed to build: unable to prepare context: path ${JSON.stringify(text)} not found`,
      remedy,
    );
  }
  const overSsh = url.kind === "git" && url.transport === "ssh";
  return { context: { kind: "url", url: text, overSsh }, dockerfile: dockerfile ?? remoteDockerfile(file) };
}

/** Parses `--build-context name=source`. */
export async function findNamedContexts(values: readonly string[] = []): Promise<Map<string, ContextSource>> {
  const entries = values.filter(Boolean).map(async (text): Promise<[string, ContextSource]> => {
    const { name, source } = parseNamedContext(text);
    switch (source.kind) {
      case "image":
        return [name, { kind: "image", ref: source.ref }];
      case "stored-image":
        return [name, source];
      case "oci-layout": {
        const { path, tag, digest } = source;
        const url = `oci-layout://${resolve(path)}${tag ? `:${tag}` : ""}${digest ? `@${digest}` : ""}`;
        return [name, { kind: "oci-layout", url }];
      }
      case "url":
        // A folder takes precedence over a URL, as for the main context.
        if (await isFolder(source.context.url)) break;
        return [name, { kind: "url", url: source.context.url, overSsh: false }];
    }
    const path = source.kind === "path" ? source.path : source.context.url;
    if (!(await isFolder(path))) {
      const message = `failed to get build context ${name}: ${path} is not a folder`;
      throw invalid(message, "Give an existing folder, docker-image://IMAGE or a URL.");
    }
    return [name, { kind: "folder", path: resolve(path) }];
  });
  return new Map(await Promise.all(entries));
}

/** Stdin is the context if it is an archive, otherwise the Dockerfile. */
async function fromStdin(file: string, stdin: Readable): Promise<BuildInputs> {
  const { head, stream } = await peek(stdin, archiveHeaderBytes);
  if (head.length === 0)
    throw invalid(
      "Stdin is empty: it has neither a context nor a Dockerfile.",
      "Pipe a tar archive or a Dockerfile into it.",
    );
  if (detectContextStream(head) !== "dockerfile") {
    const dockerfile = (await explicitDockerfile(file, () => stdin)) ?? remoteDockerfile(file);
    return { context: { kind: "tar", stream }, dockerfile };
  }
  if (file) {
    const message = "ambiguous Dockerfile source: both stdin and flag correspond to Dockerfiles";
    throw invalid(message, "Omit -f, or give a context.");
  }
  return { context: { kind: "empty" }, dockerfile: { kind: "content", content: await readAll(stream) } };
}

/** Names of stdin. Those of the system cannot be opened when it is a socket. */
function isStdin(file: string): boolean {
  return ["-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"].includes(file);
}

/** Whether a path is a pipe or device, or leads elsewhere in the host's process, so that only this one can read it. */
async function isStream(path: string): Promise<boolean> {
  const stats = await stat(path).catch(() => undefined);
  if (!stats || stats.isDirectory()) return false;
  return !stats.isFile() || /^\/(dev|proc)\//.test(path);
}

async function contentOf(path: string): Promise<DockerfileSource> {
  const content = await readFile(path).catch((error: Error) => {
    throw invalid(
      `failed to read dockerfile from ${path}: ${error.message}`,
      "Give a file that can be read.",
    );
  });
  return { kind: "content", content };
}

/** A Dockerfile that does not depend on the context: from stdin, a pipe or a URL. */
async function explicitDockerfile(
  file: string,
  stdin: () => Readable,
): Promise<DockerfileSource | undefined> {
  if (isStdin(file)) return { kind: "content", content: await readAll(stdin()) };
  if (isAbsolute(file) && (await isStream(file))) return contentOf(file);
  if (!/^https?:\/\//.test(file)) return undefined;
  const response = await fetch(file).catch((error: Error) => {
    throw invalid(
      `failed to read dockerfile from ${file}: ${(error.cause as Error)?.message ?? error.message}`,
      "Check the URL.",
    );
  });
  if (!response.ok)
    throw invalid(
      `failed to read dockerfile from ${file}: ${response.status} ${response.statusText}`,
      "Check the URL.",
    );
  return { kind: "content", content: new Uint8Array(await response.arrayBuffer()) };
}

function remoteDockerfile(file: string): DockerfileSource {
  if (!file) return { kind: "default" };
  return isAbsolute(file) ? { kind: "path", path: file } : { kind: "name", name: file };
}

async function requireDockerfile(path: string): Promise<void> {
  const candidates = basename(path) === "Dockerfile" ? [path, join(dirname(path), "dockerfile")] : [path];
  for (const candidate of candidates) {
    const error = await access(candidate).then(
      () => undefined,
      (failure: NodeJS.ErrnoException) => failure,
    );
    // The host reads the file, and reports other errors better.
    if (error?.code !== "ENOENT" && error?.code !== "ENOTDIR") return;
  }
  const message = `failed to build: failed to solve: failed to read dockerfile: open ${basename(path)}: no such file or directory`;
  throw new InputError({
    reason: "DOCKERFILE_NOT_FOUND",
    field: "--file",
    message,
    remedy: `There is no ${path}. Name the Dockerfile with --file.`,
  });
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
}

function invalid(message: string, remedy: string): InputError {
  return new InputError({ reason: "CONTEXT_INVALID", field: "context", message, remedy });
}
