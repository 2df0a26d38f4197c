import type { BuildSpec } from "../gen/slipway/build/v1/build_spec_pb.js";
import type { RegistryCredential } from "../gen/slipway/common/v1/credential_pb.js";
import type { BuildRequest, BuildStart, ContextData } from "../gen/slipway/nativebuild/v1/native_build_pb.js";
import { requestError } from "./driver-error.js";
import type { ContextFiles } from "./native-build.js";

/** The messages of the host during one build. */
export class NativeRequests {
  readonly #messages: AsyncIterator<BuildRequest>;

  constructor(messages: AsyncIterable<BuildRequest>) {
    this.#messages = messages[Symbol.asyncIterator]();
  }

  /** The first message. */
  async start(): Promise<BuildStart> {
    const message = await this.#next();
    if (message?.case === "start") return message.value;
    throw unexpected("start", "The first message of a build must say what to build.");
  }

  /** The files of all contexts that the specification names. */
  async *contexts(spec: BuildSpec): AsyncGenerator<ContextFiles> {
    const all = [spec.context, ...Object.values(spec.namedContexts)];
    const count = all.filter((context) => context?.source.case === "upload").length;
    for (let index = 0; index < count; index++) {
      const message = await this.#context();
      const { upload } = message;
      yield { upload, archive: this.#archive(message) };
    }
  }

  /** The answer to a request for a login. */
  async credential(registry: string): Promise<RegistryCredential | undefined> {
    const message = await this.#next();
    if (message?.case === "credential" && message.value.registry === registry)
      return message.value.credential;
    throw unexpected("credential", `The host did not answer the request for the login of ${registry}.`);
  }

  async *#archive(first: ContextData): AsyncGenerator<Uint8Array> {
    for (let chunk = first; ; chunk = await this.#context()) {
      if (chunk.upload !== first.upload)
        throw unexpected("context", `Files of ${chunk.upload} came between those of ${first.upload}.`);
      if (chunk.data.length > 0) yield chunk.data;
      if (chunk.last) return;
    }
  }

  async #context(): Promise<ContextData> {
    const message = await this.#next();
    if (message?.case === "context") return message.value;
    throw unexpected("context", "The files of a context are incomplete.");
  }

  async #next(): Promise<BuildRequest["message"] | undefined> {
    const { done, value } = await this.#messages.next();
    return done ? undefined : value.message;
  }
}

function unexpected(field: string, message: string) {
  return requestError(field, "BUILD_INCOMPLETE", message);
}
