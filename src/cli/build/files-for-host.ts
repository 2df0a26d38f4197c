import { readFile } from "node:fs/promises";
import { relative, sep } from "node:path";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { BuildHost } from "../../client/build-host.js";
import { InputError } from "../../errors/input-error.js";
import type { ContextSchema } from "../../gen/slipway/build/v1/context_pb.js";
import type { BuildInputs, ContextSource, DockerfileSource } from "./contexts.js";
import type { Spec } from "./spec.js";
import type { ReadSsh } from "./ssh.js";

type Context = MessageInitShape<typeof ContextSchema>;

/** Makes local files available to a host: by path if the host can read them, otherwise by upload. */
export class FilesForHost {
  readonly #host: BuildHost;
  readonly #signal: AbortSignal;

  constructor(host: BuildHost, signal: AbortSignal) {
    this.#host = host;
    this.#signal = signal;
  }

  /** A context. Its Dockerfile is sent even if it is ignored. */
  async context(source: ContextSource, dockerfile?: DockerfileSource): Promise<Context> {
    switch (source.kind) {
      case "folder": {
        if (this.#host.isLocal) return { source: { case: "path", value: source.path } };
        const { uploadFolder } = await import("../../client/upload.js");
        const name = dockerfile?.kind === "path" ? relativeInside(source.path, dockerfile.path) : undefined;
        const maxChunkBytes = this.#host.limits?.maxChunkBytes;
        const options = { dockerfile: name, signal: this.#signal, maxChunkBytes };
        const { id } = await uploadFolder(await this.#host.uploads(), source.path, options);
        return { source: { case: "upload", value: id } };
      }
      case "tar": {
        const { uploadTar } = await import("../../client/upload-tar.js");
        const { id } = await uploadTar(await this.#host.uploads(), source.stream, {
          signal: this.#signal,
          maxChunkBytes: this.#host.limits?.maxChunkBytes,
        });
        return { source: { case: "upload", value: id } };
      }
      case "url":
        return { source: { case: "url", value: source.url } };
      case "image":
        return { source: { case: "image", value: source.ref } };
      case "stored-image":
        return { source: { case: "storedImage", value: { name: source.name } } };
      case "oci-layout":
        return { source: { case: "ociLayout", value: source.url } };
      case "empty":
        return { source: { case: "empty", value: {} } };
    }
  }

  /** The Dockerfile, as the host finds it. */
  async dockerfile({ context, dockerfile }: BuildInputs): Promise<Spec["dockerfile"]> {
    switch (dockerfile.kind) {
      case "default":
        return undefined;
      case "name":
        return { source: { case: "name", value: dockerfile.name } };
      case "content":
        return { source: { case: "content", value: dockerfile.content } };
      case "path": {
        if (this.#host.isLocal) return { source: { case: "path", value: dockerfile.path } };
        const name = context.kind === "folder" ? relativeInside(context.path, dockerfile.path) : undefined;
        if (name) return { source: { case: "name", value: name } };
        return { source: { case: "content", value: await readFile(dockerfile.path) } };
      }
    }
  }

  /** An agent or keys. Only a host on this machine can use an agent's socket. */
  ssh(forward: ReadSsh): NonNullable<Spec["ssh"]>[number] {
    if ("agentSocket" in forward && !this.#host.isLocal) {
      throw new InputError({
        reason: "SSH_SOURCE_INVALID",
        field: `--ssh ${forward.id}`,
        message: `The SSH agent ${forward.id} cannot be forwarded to a host on another machine.`,
        remedy: "Name a key file: --ssh id=KEYFILE.",
      });
    }
    return forward;
  }
}

/** The path of a file within a folder, with forward slashes; undefined if it is outside. */
function relativeInside(folder: string, file: string): string | undefined {
  const path = relative(folder, file);
  return path.startsWith("..") ? undefined : path.split(sep).join("/");
}
