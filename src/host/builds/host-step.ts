import { timestampNow } from "@bufbuild/protobuf/wkt";
import type { Progress } from "../../gen/slipway/common/v1/progress_pb.js";
import { inSpan } from "../base/tracer.js";
import type { EventLog } from "./event-log.js";

/** Reports progress of the work. */
export type Report = (progress: Pick<Progress, "id" | "name" | "current" | "total" | "done">) => void;

/**
 * Shows work outside of BuildKit as a step of the build.
 * @param node name of the node that it is for, when the build has several
 */
export async function hostStep<T>(
  events: Pick<EventLog, "append">,
  name: string,
  work: (report: Report) => Promise<T>,
  node = "",
): Promise<T> {
  const step = `slipway:${name}`;
  const startTime = timestampNow();
  const vertex = (end: { error?: string } | undefined) =>
    events.append({
      case: "progress",
      value: {
        node,
        vertexes: [{ id: step, name, startTime, ...(end && { ...end, endTime: timestampNow() }) }],
      },
    });
  await vertex(undefined);
  const starts = new Map<string, ReturnType<typeof timestampNow>>();
  try {
    const report: Report = ({ id, name: title, current, total, done }) => {
      const now = timestampNow();
      if (!starts.has(id)) starts.set(id, now);
      const times = { time: now, startTime: starts.get(id), endTime: done ? now : undefined };
      // Displays show the id of a status, as BuildKit puts its text there.
      const status = { id: title || id, vertex: step, name: title, current, total, ...times };
      events.append({ case: "progress", value: { node, statuses: [status] } });
    };
    const attributes = { "cicd.pipeline.task.name": name };
    const result = await inSpan({ name, attributes }, () => work(report));
    await vertex({});
    return result;
  } catch (cause) {
    await vertex({ error: cause instanceof Error ? cause.message : String(cause) });
    throw cause;
  }
}
