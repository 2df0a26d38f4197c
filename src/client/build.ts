import { resolve } from "node:path";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { Code, type ConnectError } from "@connectrpc/connect";
import { encodeError } from "../errors/typed-error.js";
import type { BuildError } from "../gen/slipway/build/v1/build_error_pb.js";
import type { BuildResult } from "../gen/slipway/build/v1/build_result_pb.js";
import type { BuildSpecSchema } from "../gen/slipway/build/v1/build_spec_pb.js";
import { type Context, ContextSchema } from "../gen/slipway/build/v1/context_pb.js";
import { type BuildEvent, BuildState } from "../gen/slipway/v1/build_event_pb.js";
import type { Slipway } from "./slipway.js";
import { startBuild } from "./start-build.js";
import { uploadFolder } from "./upload.js";
import { watchBuild } from "./watch-build.js";

/** Options of {@link build}. */
export interface BuildOptions {
  /** Cancels the build when it is aborted. */
  signal?: AbortSignal;
  /** Headers of the call that starts the build, such as the `traceparent` of the caller's trace. Default: none. */
  headers?: Record<string, string>;
  /** Called with each event. An exception that it throws cancels the build. */
  onEvent?: (event: BuildEvent, id: string) => void;
}

/**
 * Runs a build to its end, across lost connections, and returns its result. Rejects with a typed error if the build
 * fails. Adds the client's environment to a specification that has none.
 */
export async function build(
  slipway: Slipway,
  spec: MessageInitShape<typeof BuildSpecSchema>,
  { signal, headers, onEvent = () => {} }: BuildOptions = {},
): Promise<BuildResult> {
  signal?.throwIfAborted();
  const hasEnvironment = Object.keys(spec.environment ?? {}).length > 0;
  const complete = hasEnvironment ? spec : ({ ...spec, environment: slipway.environment } as typeof spec);
  // A separate signal: many builds may share the caller's, and Node.js warns about many listeners on one signal.
  const own = signal && AbortSignal.any([signal]);
  const id = await startBuild(slipway, complete, { signal: own, headers });
  const cancel = () => void slipway.builds.cancelBuild({ id }).catch(() => {});
  own?.addEventListener("abort", cancel);
  try {
    // It can have been aborted while the build was started.
    signal?.throwIfAborted();
    for await (const event of watchBuild(slipway, id, { waitSignal: own })) {
      onEvent(event, id);
      if (event.event.case !== "finished") continue;
      const { state, result, error } = event.event.value;
      if (state === BuildState.SUCCEEDED && result) return result;
      signal?.throwIfAborted();
      throw buildFailed(error!);
    }
    throw new Error("The events ended before the build did.");
  } catch (cause) {
    // Cancelling a build that has ended has no effect.
    cancel();
    throw cause;
  } finally {
    own?.removeEventListener("abort", cancel);
  }
}

/** A folder as a context: its path if the host can read this machine's files, otherwise an upload. */
export async function localContext(slipway: Slipway, folder: string): Promise<Context> {
  const source = slipway.isLocal
    ? { case: "path" as const, value: resolve(folder) }
    : { case: "upload" as const, value: await upload(slipway, folder) };
  return create(ContextSchema, { source });
}

async function upload({ uploads, limits }: Slipway, folder: string): Promise<string> {
  const { id } = await uploadFolder(uploads, folder, { maxChunkBytes: limits?.maxChunkBytes });
  return id;
}

/** The error of a failed build, in the form of a failed call. */
function buildFailed({ code, reason, message, remedy, field, metadata }: BuildError): ConnectError {
  return encodeError({
    code: code in Code ? (code as Code) : Code.Unknown,
    reason,
    message,
    remedy: remedy || undefined,
    fields: field ? [{ field, message }] : [],
    metadata,
  });
}
