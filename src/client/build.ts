import { randomUUID } from "node:crypto";
import { resolve } from "node:path";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { Code, type ConnectError } from "@connectrpc/connect";
import { encodeError } from "../errors/typed-error.js";
import type { BuildError } from "../gen/slipway/v1/build_event_pb.js";
import { type BuildEvent, type BuildResult, BuildState } from "../gen/slipway/v1/build_event_pb.js";
import { type BuildSpecSchema, type Context, ContextSchema } from "../gen/slipway/v1/build_spec_pb.js";
import type { Slipway } from "./slipway.js";
import { uploadDirectory } from "./upload.js";
import { watchBuild } from "./watch-build.js";

/** How a build is followed. */
export interface BuildOptions {
  /** Ends the build. */
  signal?: AbortSignal;
  /** Told everything that happens; what it throws cancels the build. */
  onEvent?: (event: BuildEvent, id: string) => void;
}

/**
 * Runs a build to its end, whatever becomes of the connection meanwhile, and returns what it made. Rejects with a typed
 * error when it does not succeed. The client's environment is added to the specification unless that has one.
 */
export async function build(
  slipway: Slipway,
  spec: MessageInitShape<typeof BuildSpecSchema>,
  { signal, onEvent = () => {} }: BuildOptions = {},
): Promise<BuildResult> {
  signal?.throwIfAborted();
  const complete = { environment: slipway.environment, ...spec } as typeof spec;
  const started = await slipway.builds.startBuild({ requestId: randomUUID(), spec: complete });
  const { id } = started.build!;
  const cancel = () => void slipway.builds.cancelBuild({ id }).catch(() => {});
  signal?.addEventListener("abort", cancel);
  try {
    for await (const event of watchBuild(slipway, id)) {
      onEvent(event, id);
      if (event.event.case !== "finished") continue;
      const { state, result, error } = event.event.value;
      if (state === BuildState.SUCCEEDED && result) return result;
      signal?.throwIfAborted();
      throw buildFailed(error!);
    }
    throw new Error("the events ended before the build did");
  } catch (cause) {
    // Ending what has ended does nothing.
    cancel();
    throw cause;
  } finally {
    signal?.removeEventListener("abort", cancel);
  }
}

/** A folder as a context: its path when the host sees this machine's files, and otherwise an upload of what it lacks. */
export async function localContext(slipway: Slipway, folder: string): Promise<Context> {
  const source = slipway.isLocal
    ? { case: "path" as const, value: resolve(folder) }
    : { case: "upload" as const, value: (await uploadDirectory(slipway.uploads, folder)).id };
  return create(ContextSchema, { source });
}

/** Why a build did not succeed, as the error of a call. */
function buildFailed({ code, reason, message, remedy, field }: BuildError): ConnectError {
  return encodeError({
    code: code in Code ? (code as Code) : Code.Unknown,
    reason,
    message,
    remedy: remedy || undefined,
    fields: field ? [{ field, message }] : [],
  });
}
