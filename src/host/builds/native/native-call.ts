import type { MessageInitShape } from "@bufbuild/protobuf";
import type { RegistryCredential } from "../../../gen/slipway/driver/v1/driver_pb.js";
import type {
  BuildRequestSchema,
  BuildResponse,
  BuildStartSchema,
} from "../../../gen/slipway/nativebuild/v1/native_build_pb.js";
import { Channel } from "../../../util/channel.js";
import { chunks } from "../../../util/chunks.js";
import type { DriverLease } from "../../plugins/plugin-manager.js";
import { contextArchive } from "./context-archive.js";
import type { NativeUpload } from "./native-spec.js";

type Request = NonNullable<MessageInitShape<typeof BuildRequestSchema>["message"]>;

/** Largest piece of an archive in one message, in bytes. */
const pieceBytes = 256 << 10;

/** What one build by a plugin is called with. */
export interface NativeCallOptions {
  lease: DriverLease;
  start: MessageInitShape<typeof BuildStartSchema>;
  uploads: readonly NativeUpload[];
  /** Finds the login for a registry; undefined when there is none. */
  credential(registry: string): Promise<Omit<RegistryCredential, "$typeName" | "$unknown"> | undefined>;
}

/** Calls a plugin to build: sends it the files, answers what it asks, and yields everything else that it says. */
export async function* nativeCall(
  { lease, start, uploads, credential }: NativeCallOptions,
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
    for await (const { message } of lease.nativeBuild.build(requests, { signal: either })) {
      if (message.case !== "credential") yield message;
      else {
        const { registry } = message.value;
        await send({ case: "credential", value: { registry, credential: await credential(registry) } });
      }
    }
  } catch (cause) {
    // Files that could not be read end the call, and are the reason for it.
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
      for (const data of chunks(chunk, pieceBytes)) {
        await send({ case: "context", value: { upload: id, data } });
      }
    }
    await send({ case: "context", value: { upload: id, last: true } });
  }
}
