import { clone, create } from "@bufbuild/protobuf";
import { timestampNow } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";
import { BuildErrorSchema } from "../../gen/slipway/build/v1/build_error_pb.js";
import { BuildState } from "../../gen/slipway/v1/build_event_pb.js";
import { type Build, BuildSchema } from "../../gen/slipway/v1/build_pb.js";
import type { Store } from "../store/store.js";
import { EventLog } from "./event-log.js";
import type { EventLimits } from "./progress-clip.js";
import type { EndedBuild } from "./unstored-ends.js";

/** A build whose host was killed, marked as failed: BuildKit ended it when the connection broke. */
export async function abandonedBuild(store: Store, build: Build, limits: EventLimits): Promise<EndedBuild> {
  const state = BuildState.FAILED;
  const error = create(BuildErrorSchema, {
    reason: "HOST_STOPPED",
    code: Code.Aborted,
    message: "The host ended while the build ran.",
    remedy: "Build again.",
  });
  const after = store.builds.lastSequence(build.id);
  const earlierBytes = store.builds.eventBytesOf(build.id);
  const events = new EventLog(build.id, { store, limits, after, onFailure: () => {} });
  await events.append({ case: "finished", value: { state, error } });
  const ended = { ...build, state, error, endTime: timestampNow(), lastSequence: BigInt(events.last) };
  return {
    events,
    snapshot: () => clone(BuildSchema, ended),
    store: () => events.end(ended, earlierBytes),
  };
}
