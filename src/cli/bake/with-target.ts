import { clone } from "@bufbuild/protobuf";
import { type BuildEvent, BuildEventSchema } from "../../gen/slipway/v1/build_event_pb.js";

/** An event whose steps have the name of their target, as buildx shows them: "[app 1/2] FROM …". */
export function withTarget(event: BuildEvent, target: string): BuildEvent {
  if (!target || event.event.case !== "progress") return event;
  const named = clone(BuildEventSchema, event);
  if (named.event.case !== "progress") return event;
  for (const vertex of named.event.value.vertexes) {
    vertex.name = vertex.name.startsWith("[")
      ? `[${target} ${vertex.name.slice(1)}`
      : `[${target}] ${vertex.name}`;
  }
  return named;
}
