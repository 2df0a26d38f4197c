import { toBinary } from "@bufbuild/protobuf";
import { type BuildEvent, BuildEventSchema } from "../../gen/slipway/v1/build_event_pb.js";

/** An event and its binary form, which is made once. */
export interface EncodedEvent {
  readonly message: BuildEvent;
  readonly bytes: Uint8Array;
}

/** Encodes an event. */
export function encoded(message: BuildEvent): EncodedEvent {
  return { message, bytes: toBinary(BuildEventSchema, message) };
}
