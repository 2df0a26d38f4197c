import { randomUUID } from "node:crypto";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { BuildSpecSchema } from "../gen/slipway/build/v1/build_spec_pb.js";
import type { BreakpointSchema, BuildHold } from "../gen/slipway/v1/build_pb.js";
import type { BuildHost } from "./build-host.js";
import { delays, Reconnects } from "./reconnects.js";

/** Options of {@link startBuild}. */
export interface StartOptions {
  /** Ends a wait of a second or more before another attempt. */
  signal?: AbortSignal;
  /** When the build is held. Default: never. */
  hold?: BuildHold;
  /** Where it is held, too. Only with hold. Default: nowhere. */
  breakpoints?: MessageInitShape<typeof BreakpointSchema>[];
  /** Headers of the call, such as the `traceparent` of the caller's trace. Default: none. */
  headers?: Record<string, string>;
}

/**
 * Starts a build and returns its id. Repeats the request after a lost connection, which starts no second build. The signal
 * ends only a longer wait: a request that was sent can have been accepted.
 */
export async function startBuild(
  { builds }: { builds: Pick<BuildHost["builds"], "startBuild"> },
  spec: MessageInitShape<typeof BuildSpecSchema>,
  { signal, hold, breakpoints, headers }: StartOptions = {},
): Promise<string> {
  const request = { requestId: randomUUID(), spec, hold, breakpoints };
  for (let reconnects = new Reconnects(delays.start), isRestarting = false; ; ) {
    try {
      const { build } = await builds.startBuild(request, { headers });
      return build!.id;
    } catch (cause) {
      // There is a host, and the next one starts soon.
      if (!isRestarting && (await reasonOf(cause)) === "HOST_STOPPING") {
        isRestarting = true;
        reconnects = new Reconnects(delays.watch);
      }
      await reconnects.wait(cause, signal);
    }
  }
}

/** Loads descriptors, which a build without an error does not need. */
async function reasonOf(cause: unknown): Promise<string> {
  const { readTypedError } = await import("../errors/typed-error.js");
  return readTypedError(cause).reason;
}
