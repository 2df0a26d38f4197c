import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { access, realpath, stat } from "node:fs/promises";
import { basename, dirname, join, sep } from "node:path";
import { Code } from "@connectrpc/connect";
import type { Reason } from "../../errors/reasons.js";
import { encodeError, readTypedError, typedError } from "../../errors/typed-error.js";
import type { BuildSpec, Context } from "../../gen/slipway/v1/build_spec_pb.js";
import { directorySource } from "../../inputs/files/directory-source.js";
import type { FileSource } from "../../inputs/files/source.js";
import type { OpenedUpload, Uploads } from "../uploads/uploads.js";
import { findStoredImage, type StoredImageContext, type StoredImageOptions } from "./images/stored-image.js";
import { memorySource } from "./memory-source.js";

/** The files of a build, checked and ready to be served. */
export interface Inputs {
  /** Folders by the name under which BuildKit asks for them. */
  locals: Record<string, FileSource>;
  /** URL of the context when it is no folder. */
  contextUrl?: string;
  /** Path of the Dockerfile in the folder "dockerfile", or in the context at that URL. */
  dockerfileName: string;
  /** The Dockerfile is in a folder although the context is not. */
  dockerfileIsLocal: boolean;
  /** References of the named contexts. */
  namedContexts: Record<string, string>;
  /** Named contexts that are images of a store; their references are known once they are saved. */
  storedImages: StoredImageContext[];
  /** Names the context for BuildKit's cache of local files; the same text for the same project. */
  sharedKey: string;
  /** Ends the use of uploads. */
  release(): void;
}

/** What opening the inputs needs to know. */
export interface InputOptions extends StoredImageOptions {
  uploads: Uploads;
  /** Tells this host's files from another's with the same path. */
  hostId: string;
}

/** Opens everything that a specification takes files from; throws a typed error with the field at fault. */
export async function openInputs(spec: BuildSpec, options: InputOptions): Promise<Inputs> {
  const releases: (() => void)[] = [];
  const storedImages: StoredImageContext[] = [];
  const release = () => {
    for (const end of releases.splice(0)) end();
  };
  const open = async (field: string, context: Context | undefined, name = ""): Promise<Opened> => {
    const source = context?.source;
    if (source?.case === "path") {
      const root = await contextFolder(`${field}.path`, source.value);
      return { files: await directorySource(root), root, key: root };
    }
    if (source?.case === "upload") {
      const upload = openUpload(`${field}.upload`, source.value, options.uploads);
      releases.push(() => upload.release());
      return { files: upload.source, key: upload.cacheKey || source.value };
    }
    if (source?.case === "url") return { url: source.value, key: source.value };
    if (source?.case === "ociLayout") {
      return { url: await options.layouts.addContext(field, name, source.value), key: source.value };
    }
    if (source?.case === "storedImage") {
      const image = await findStoredImage(`${field}.stored_image`, name, source.value, spec, options);
      storedImages.push(image);
      return { url: "", key: source.value.name };
    }
    if (source?.case === "image") return { url: imageReference(source.value), key: source.value };
    return { files: memorySource({}), key: "" };
  };

  try {
    const context = await open("spec.context", spec.context);
    const locals: Record<string, FileSource> = {};
    if (context.files) locals.context = context.files;
    const dockerfile = await openDockerfile(spec, context);
    if (dockerfile.files) locals.dockerfile = dockerfile.files;
    const namedContexts: Record<string, string> = {};
    for (const [name, value] of Object.entries(spec.namedContexts)) {
      const opened = await open(`spec.named_contexts[${name}]`, value, name);
      // Those two names are the main context's.
      const local = name === "context" || name === "dockerfile" ? `named-${name}` : name;
      if (opened.files) locals[local] = opened.files;
      namedContexts[name] = opened.url ?? `local:${local}`;
    }
    return {
      locals,
      contextUrl: context.url,
      dockerfileName: dockerfile.name,
      dockerfileIsLocal: dockerfile.files !== undefined,
      namedContexts,
      storedImages,
      sharedKey: createHash("sha256").update(`${options.hostId}\0${context.key}`).digest("hex").slice(0, 32),
      release,
    };
  } catch (cause) {
    release();
    throw cause;
  }
}

interface Opened {
  files?: FileSource;
  /** Real path of the folder, if it is one of the host's machine. */
  root?: string;
  url?: string;
  key: string;
}

/** Takes an upload into use; what is wrong with it is wrong with the field. */
function openUpload(field: string, id: string, uploads: Uploads): OpenedUpload {
  try {
    return uploads.openUpload(id);
  } catch (cause) {
    const error = readTypedError(cause);
    const { reason, message } = error;
    throw encodeError({ ...error, fields: [{ field, reason, message }] });
  }
}

async function contextFolder(field: string, path: string): Promise<string> {
  const root = await realpath(path).catch((error) => {
    throw unreadable(field, "CONTEXT", `unable to prepare context: path ${JSON.stringify(path)}`, error);
  });
  if (!(await stat(root)).isDirectory()) {
    throw inputError(
      field,
      "CONTEXT_NOT_A_DIRECTORY",
      `unable to prepare context: ${path} is not a directory`,
    );
  }
  await access(root, constants.R_OK | constants.X_OK).catch((error) => {
    throw unreadable(field, "CONTEXT", `unable to prepare context: path ${JSON.stringify(path)}`, error);
  });
  return root;
}

async function openDockerfile(
  spec: BuildSpec,
  context: Opened,
): Promise<{ files?: FileSource; name: string }> {
  const source = spec.dockerfile?.source;
  if (source?.case === "content")
    return { files: memorySource({ Dockerfile: source.value }), name: "Dockerfile" };
  if (source?.case === "path") {
    const file = await realpath(source.value).catch((error) => {
      throw unreadable(
        "spec.dockerfile.path",
        "DOCKERFILE",
        `failed to read dockerfile: open ${source.value}`,
        error,
      );
    });
    await readable("spec.dockerfile.path", file);
    return { files: await directorySource(dirname(file)), name: basename(file) };
  }
  const name = source?.value || "Dockerfile";
  if (context.url || !context.files) return { name };
  const found = await findDockerfile(context.files, name);
  if (!found) {
    const message = `failed to read dockerfile: open ${name}: no such file or directory`;
    throw inputError(
      "spec.dockerfile.name",
      "DOCKERFILE_NOT_FOUND",
      message,
      "give its path with -f, or another context",
    );
  }
  if (context.root) await insideContext(context.root, found);
  return { files: context.files, name: found };
}

/** The Dockerfile's name in the context; as docker, lower case will do for the usual one. */
async function findDockerfile(files: FileSource, name: string): Promise<string | undefined> {
  const names = basename(name) === "Dockerfile" ? [name, join(dirname(name), "dockerfile")] : [name];
  const entries = await files.stat(names);
  return names.find((_, index) => entries[index]);
}

async function insideContext(root: string, name: string): Promise<void> {
  const path = join(root, name);
  const file = await realpath(path).catch((error) => {
    throw unreadable("spec.dockerfile.name", "DOCKERFILE", `failed to read dockerfile: open ${name}`, error);
  });
  if (!file.startsWith(root.endsWith(sep) ? root : root + sep)) {
    const message = `failed to read dockerfile: ${name} is a symbolic link that leaves the context`;
    throw inputError(
      "spec.dockerfile.name",
      "DOCKERFILE_OUTSIDE_CONTEXT",
      message,
      "give the file itself with -f",
    );
  }
  await readable("spec.dockerfile.name", file);
}

async function readable(field: string, file: string): Promise<void> {
  await access(file, constants.R_OK).catch((error) => {
    throw unreadable(field, "DOCKERFILE", `failed to read dockerfile: open ${file}`, error);
  });
  if (!(await stat(file)).isFile()) {
    throw inputError(field, "DOCKERFILE_NOT_A_FILE", `failed to read dockerfile: ${file} is not a file`);
  }
}

function unreadable(
  field: string,
  what: "CONTEXT" | "DOCKERFILE",
  message: string,
  error: NodeJS.ErrnoException,
) {
  const isContext = what === "CONTEXT";
  const texts: Record<string, string> = {
    ENOENT: isContext ? "not found" : "no such file or directory",
    EACCES: "permission denied",
    ENOTDIR: "not a directory",
    ELOOP: "too many levels of symbolic links",
  };
  const isMissing = error.code === "ENOENT" || error.code === "ENOTDIR";
  const [missing, other] = isContext
    ? (["CONTEXT_NOT_FOUND", "CONTEXT_UNREADABLE"] as const)
    : (["DOCKERFILE_NOT_FOUND", "DOCKERFILE_UNREADABLE"] as const);
  const text = texts[error.code ?? ""] ?? error.message;
  return inputError(field, isMissing ? missing : other, `${message}${isContext ? " " : ": "}${text}`);
}

function inputError(field: string, reason: Reason, message: string, remedy?: string) {
  const code = /_NOT_FOUND$/.test(reason) ? Code.NotFound : Code.InvalidArgument;
  return typedError({ code, reason, message, remedy, fields: [{ field, reason, message }] });
}

function imageReference(text: string): string {
  return text.startsWith("docker-image://") ? text : `docker-image://${text}`;
}
