import { clone, create } from "@bufbuild/protobuf";
import { timestampNow } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";
import { BuildErrorSchema } from "../../gen/slipway/build/v1/build_error_pb.js";
import { BuildState } from "../../gen/slipway/v1/build_event_pb.js";
import { type Build, BuildSchema } from "../../gen/slipway/v1/build_pb.js";
import type { BuildsState } from "../store/build-store.js";
import { EventLog } from "./event-log.js";
import type { EventLimits } from "./progress-clip.js";
import { hostStopped } from "./queue/queue-errors.js";
import type { EndedBuild } from "./unstored-ends.js";

/**
 * A build that an earlier host left and this one cannot run, marked as failed. BuildKit ended it when the connection
 * broke, if it ran.
 * @param obstacle why it cannot run; one sentence
 */
export async function abandonedBuild(
  store: BuildsState,
  build: Build,
  limits: EventLimits,
  obstacle?: string,
): Promise<EndedBuild> {
  const state = BuildState.FAILED;
  const { rawMessage: message } = hostStopped(build.state === BuildState.QUEUED ? "waited" : "ran", obstacle);
  const error = create(BuildErrorSchema, {
    reason: "HOST_STOPPED",
    code: Code.Aborted,
    message,
    remedy: "Build again.",
  });
  const earlier = await store.builds.eventsOf(build.id);
  const events = new EventLog(build.id, { store, limits, earlier, onFailure: () => {} });
  await events.append({ case: "finished", value: { state, error } });
  const ended = {
    ...build,
    state,
    error,
    held: false,
    endTime: timestampNow(),
    lastSequence: BigInt(events.last),
  };
  return {
    events,
    snapshot: () => clone(BuildSchema, ended),
    store: () => events.end(ended),
  };
}
