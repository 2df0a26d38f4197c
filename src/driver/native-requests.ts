import type { RegistryCredential } from "../gen/slipway/driver/v1/driver_pb.js";
import type { BuildRequest, BuildStart, ContextData } from "../gen/slipway/nativebuild/v1/native_build_pb.js";
import type { BuildSpec } from "../gen/slipway/v1/build_spec_pb.js";
import { requestError } from "./driver-error.js";
import type { ContextFiles } from "./native-build.js";

/** What the host sends of one build, in the order in which it comes. */
export class NativeRequests {
  readonly #messages: AsyncIterator<BuildRequest>;

  constructor(messages: AsyncIterable<BuildRequest>) {
    this.#messages = messages[Symbol.asyncIterator]();
  }

  /** The first message. */
  async start(): Promise<BuildStart> {
    const message = await this.#next();
    if (message?.case === "start") return message.value;
    throw outOfTurn("start", "the first message of a build must say what to build");
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
    throw outOfTurn("credential", `the host did not answer for the login of ${registry}`);
  }

  async *#archive(first: ContextData): AsyncGenerator<Uint8Array> {
    for (let piece = first; ; piece = await this.#context()) {
      if (piece.upload !== first.upload)
        throw outOfTurn("context", `files of ${piece.upload} came among those of ${first.upload}`);
      if (piece.data.length > 0) yield piece.data;
      if (piece.last) return;
    }
  }

  async #context(): Promise<ContextData> {
    const message = await this.#next();
    if (message?.case === "context") return message.value;
    throw outOfTurn("context", "the files of a context are not complete");
  }

  async #next(): Promise<BuildRequest["message"] | undefined> {
    const { done, value } = await this.#messages.next();
    return done ? undefined : value.message;
  }
}

function outOfTurn(field: string, message: string) {
  return requestError(field, "BUILD_INCOMPLETE", message);
}
