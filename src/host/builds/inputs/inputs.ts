import { createHash } from "node:crypto";
import { encodeError, readTypedError } from "../../../errors/typed-error.js";
import type { BuildSpec, Policy, PolicyFile } from "../../../gen/slipway/build/v1/build_spec_pb.js";
import type { Context } from "../../../gen/slipway/build/v1/context_pb.js";
import { folderSource } from "../../../inputs/files/folder-source.js";
import { memorySource } from "../../../inputs/files/memory-source.js";
import type { FileSource } from "../../../inputs/files/source.js";
import type { Principal } from "../../access/principal.js";
import type { OpenedUpload, Uploads } from "../../uploads/uploads.js";
import { findStoredImage, type StoredImageContext, type StoredImageOptions } from "../images/stored-image.js";
import { openContextFolder } from "./context-folder.js";
import { openDockerfile } from "./dockerfile.js";
import { openPolicies } from "./policy-file.js";

/** The files of a build, checked and ready to serve. */
export interface Inputs {
  /** Folders by the name that BuildKit uses for them. */
  locals: Record<string, FileSource>;
  /** URL of the context, unless it is a folder. */
  contextUrl?: string;
  /** Path of the Dockerfile in the folder "dockerfile", or in the context at that URL. */
  dockerfileName: string;
  /** The policy file beside the Dockerfile, unless it is disabled. */
  policyFile?: PolicyFile;
  /** The policies of the specification. Of files in a context that BuildKit fetches the content is not known yet. */
  policies: Policy[];
  /** The Dockerfile is in a folder although the context is not. */
  dockerfileIsLocal: boolean;
  /** References of the named contexts. */
  namedContexts: Record<string, string>;
  /** Named contexts that are images of an image store; their references are known once they are saved. */
  storedImages: StoredImageContext[];
  /** Size of the uploads, in bytes; 0 when a folder takes part, whose size is unknown. */
  knownBytes: number;
  /** Names the context for BuildKit's cache of local files; the same for the same project. */
  sharedKey: string;
  /** Stores the uploads for the next host. */
  keep(): Promise<void>;
  /** Releases the uploads. */
  release(): void;
}

/** What opening the inputs needs to know. */
export interface InputOptions extends StoredImageOptions {
  uploads: Uploads;
  /** Whose build it is; it can use uploads of its own. */
  owner: Principal;
  /** Distinguishes files of this host from those of another host with the same path. */
  hostId: string;
}

/** Opens everything that a specification takes files from; throws a typed error that names the field. */
export async function openInputs(spec: BuildSpec, options: InputOptions): Promise<Inputs> {
  const uploads: OpenedUpload[] = [];
  const storedImages: StoredImageContext[] = [];
  let knownBytes = 0;
  let hasFolder = false;
  const release = () => {
    for (const upload of uploads.splice(0)) upload.release();
  };
  const open = async (field: string, context: Context | undefined, name = ""): Promise<Opened> => {
    const source = context?.source;
    if (source?.case === "path") {
      const root = await openContextFolder(`${field}.path`, source.value);
      hasFolder = true;
      return { files: await folderSource(root), root, key: root };
    }
    if (source?.case === "upload") {
      const upload = await openUpload(`${field}.upload`, source.value, options);
      uploads.push(upload);
      knownBytes += upload.size;
      return { files: upload.source, key: upload.cacheKey || source.value };
    }
    if (source?.case === "url") return { url: source.value, key: source.value };
    if (source?.case === "ociLayout") {
      return { url: await options.layouts.addContext(field, name, source.value), key: source.value };
    }
    if (source?.case === "storedImage") {
      const image = await findStoredImage(`${field}.stored_image`, name, source.value, options);
      storedImages.push(image);
      return { url: "", key: source.value.name };
    }
    // The result of another build, known only when that is solved.
    if (source?.case === "target") return { key: source.value };
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
      // The main context uses these two names.
      const local = name === "context" || name === "dockerfile" ? `named-${name}` : name;
      if (opened.files) locals[local] = opened.files;
      if (value.source.case !== "target") namedContexts[name] = opened.url ?? `local:${local}`;
    }
    return {
      locals,
      contextUrl: context.url,
      dockerfileName: dockerfile.name,
      policyFile: dockerfile.policyFile,
      policies: await openPolicies(spec, context),
      dockerfileIsLocal: dockerfile.files !== undefined,
      namedContexts,
      storedImages,
      knownBytes: hasFolder ? 0 : knownBytes,
      sharedKey: createHash("sha256").update(`${options.hostId}\0${context.key}`).digest("hex").slice(0, 32),
      keep: async () => void (await Promise.all(uploads.map((upload) => upload.keep()))),
      release,
    };
  } catch (cause) {
    release();
    throw cause;
  }
}

interface Opened {
  files?: FileSource;
  /** Real path of the folder, when it is on the host's machine. */
  root?: string;
  url?: string;
  key: string;
}

/** Opens an upload; its error becomes an error of the field. */
async function openUpload(
  field: string,
  id: string,
  { uploads, owner }: InputOptions,
): Promise<OpenedUpload> {
  try {
    await uploads.fetch(id, owner);
    return uploads.openUpload(id, owner);
  } catch (cause) {
    const error = readTypedError(cause);
    const { reason, message } = error;
    throw encodeError({ ...error, fields: [{ field, reason, message }] });
  }
}

function imageReference(text: string): string {
  return text.startsWith("docker-image://") ? text : `docker-image://${text}`;
}
