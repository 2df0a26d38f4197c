import { randomUUID } from "node:crypto";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { BuildSpecSchema } from "../gen/slipway/build/v1/build_spec_pb.js";
import type { BuildHold } from "../gen/slipway/v1/build_pb.js";
import type { BuildHost } from "./build-host.js";
import { Reconnects } from "./reconnects.js";

/**
 * Starts a build and returns its id. Repeats the request after a lost connection, which starts no second build. The signal
 * ends only a wait that the host asked for: a request that was sent can have been accepted.
 */
export async function startBuild(
  { builds }: { builds: Pick<BuildHost["builds"], "startBuild"> },
  spec: MessageInitShape<typeof BuildSpecSchema>,
  { signal, hold }: { signal?: AbortSignal; hold?: BuildHold } = {},
): Promise<string> {
  const request = { requestId: randomUUID(), spec, hold };
  for (const reconnects = new Reconnects(); ; ) {
    try {
      const { build } = await builds.startBuild(request);
      return build!.id;
    } catch (cause) {
      await reconnects.wait(cause, signal);
    }
  }
}
