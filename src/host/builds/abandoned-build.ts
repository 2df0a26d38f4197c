import { create } from "@bufbuild/protobuf";
import { timestampNow } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";
import { BuildErrorSchema, BuildEventSchema, BuildState } from "../../gen/slipway/v1/build_event_pb.js";
import type { Build } from "../../gen/slipway/v1/build_pb.js";
import type { Store } from "../store/store.js";

/** Marks a build as failed whose host was killed: BuildKit ended it when the connection broke. */
export async function closeAbandoned(store: Store, build: Build): Promise<void> {
  const state = BuildState.FAILED;
  const error = create(BuildErrorSchema, {
    reason: "HOST_STOPPED",
    code: Code.Aborted,
    message: "The host ended while the build ran.",
    remedy: "Build again.",
  });
  const time = timestampNow();
  const sequence = BigInt(store.lastSequence(build.id) + 1);
  const event = create(BuildEventSchema, {
    sequence,
    time,
    event: { case: "finished", value: { state, error } },
  });
  await store.putEvent(build.id, event);
  await store.putBuild({ ...build, state, error, finishTime: time, lastSequence: sequence });
}
