import type { MessageInitShape } from "@bufbuild/protobuf";
import type { RegistryCredential } from "../../../gen/slipway/common/v1/credential_pb.js";
import type {
  BuildRequestSchema,
  BuildResponse,
  BuildStartSchema,
} from "../../../gen/slipway/nativebuild/v1/native_build_pb.js";
import { Channel } from "../../../util/channel.js";
import { chunks } from "../../../util/chunks.js";
import type { PluginUse } from "../../plugins/plugin-use.js";
import { contextArchive } from "./context-archive.js";
import type { NativeUpload } from "./native-spec.js";

type Request = NonNullable<MessageInitShape<typeof BuildRequestSchema>["message"]>;

/** Largest chunk of an archive in one message, in bytes. */
const maxChunkBytes = 256 << 10;

/** What {@link nativeCall} works with. */
export interface NativeCallOptions {
  plugin: PluginUse;
  start: MessageInitShape<typeof BuildStartSchema>;
  uploads: readonly NativeUpload[];
  /** Finds the login for a registry; undefined when there is none. */
  credential(registry: string): Promise<Omit<RegistryCredential, "$typeName" | "$unknown"> | undefined>;
}

/** Calls a plugin to build: sends the files, answers requests for credentials, and yields all other messages. */
export async function* nativeCall(
  { plugin, start, uploads, credential }: NativeCallOptions,
  signal: AbortSignal,
): AsyncGenerator<BuildResponse["message"]> {
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  const requests = new Channel<MessageInitShape<typeof BuildRequestSchema>>();
  const send = async (message: Request) => {
    await requests.send({ message });
    either.throwIfAborted();
  };
  const sending = sendAll(send, start, uploads, either).catch((cause) => {
    if (!over.signal.aborted) over.abort(cause);
  });
  try {
    for await (const { message } of plugin.nativeBuild.build(requests, { signal: either })) {
      // A plugin can wait for the half-close. A gRPC server that ends a half-open call resets its stream, which can drop what
      // has not been read.
      if (message.case === "result" || message.case === "error") requests.close();
      if (message.case !== "credential") yield message;
      else {
        const { registry } = message.value;
        await send({ case: "credential", value: { registry, credential: await credential(registry) } });
      }
    }
  } catch (cause) {
    // When reading the files failed, that ended the call and is its cause.
    throw over.signal.aborted && !signal.aborted ? over.signal.reason : cause;
  } finally {
    over.abort();
    requests.fail(either.reason);
    await sending;
  }
}

async function sendAll(
  send: (message: Request) => Promise<void>,
  start: NativeCallOptions["start"],
  uploads: readonly NativeUpload[],
  signal: AbortSignal,
): Promise<void> {
  await send({ case: "start", value: start });
  for (const { id, files, exclude } of uploads) {
    for await (const chunk of contextArchive(files, exclude, signal)) {
      for (const data of chunks(chunk, maxChunkBytes)) {
        await send({ case: "context", value: { upload: id, data } });
      }
    }
    await send({ case: "context", value: { upload: id, last: true } });
  }
}
