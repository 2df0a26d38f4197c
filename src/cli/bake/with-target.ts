import { clone } from "@bufbuild/protobuf";
import { type BuildEvent, BuildEventSchema } from "../../gen/slipway/v1/build_event_pb.js";

/**
 * An event whose steps have the name of their target, as buildx shows them: "[app 1/2] FROM …". Steps of BuildKit are the
 * same in all targets that share them; those of the host belong to one build.
 */
export function withTarget(event: BuildEvent, target: string): BuildEvent {
  if (!target || event.event.case !== "progress") return event;
  const named = clone(BuildEventSchema, event);
  if (named.event.case !== "progress") return event;
  const own = (id: string) => (id.startsWith("sha256:") ? id : `${target} ${id}`);
  const { vertexes, statuses, logs, warnings } = named.event.value;
  for (const vertex of vertexes) {
    vertex.id = own(vertex.id);
    vertex.name = vertex.name.startsWith("[")
      ? `[${target} ${vertex.name.slice(1)}`
      : `[${target}] ${vertex.name}`;
  }
  for (const part of [...statuses, ...logs, ...warnings]) part.vertex = own(part.vertex);
  return named;
}
