import { create } from "@bufbuild/protobuf";
import type { Timestamp } from "@bufbuild/protobuf/wkt";
import {
  type BuildEvent,
  type BuildProgress,
  BuildProgressSchema,
  type VertexStatus,
  VertexStatusSchema,
} from "../../gen/slipway/v1/build_event_pb.js";

/** Shows the boot of a node as a step of the build, as buildx does: "[internal] booting buildkit". */
export class BootProgress {
  readonly #boots = new Map<string, { start: Timestamp | undefined; statuses: Map<string, VertexStatus> }>();

  /** The change that an event of the host is for the display; undefined if it shows nothing. */
  take({ event, time }: Pick<BuildEvent, "event" | "time">): BuildProgress | undefined {
    if (event.case === "bootstrap") return this.#step(event.value.node, event.value.progress, time);
    if (event.case === "started") return this.end(event.value.node, time);
    if (event.case === "finished") {
      const [node] = this.#boots.keys();
      const error = event.value.error?.message ?? "";
      return node === undefined ? undefined : this.end(node, time, error);
    }
    return undefined;
  }

  #step(
    node: string,
    progress: Extract<BuildEvent["event"], { case: "bootstrap" }>["value"]["progress"],
    time: Timestamp | undefined,
  ): BuildProgress | undefined {
    if (!progress) return undefined;
    const isNew = !this.#boots.has(node);
    const boot = this.#boots.get(node) ?? { start: time, statuses: new Map() };
    this.#boots.set(node, boot);
    const status = create(VertexStatusSchema, {
      id: progress.name || progress.id,
      vertex: digestOf(node),
      current: progress.current,
      total: progress.total,
      time,
      startTime: boot.statuses.get(progress.id)?.startTime ?? time,
      completeTime: progress.done || progress.error ? time : undefined,
    });
    boot.statuses.set(progress.id, status);
    const log = progress.log || progress.error;
    return create(BuildProgressSchema, {
      vertexes: isNew ? [vertexOf(node, boot.start)] : [],
      statuses: [status],
      logs: log ? [{ vertex: digestOf(node), stream: 2, time, data: Buffer.from(`${log.trimEnd()}\n`) }] : [],
    });
  }

  /** The step of a node that has booted, or could not be. */
  end(node: string, time: Timestamp | undefined, error = ""): BuildProgress | undefined {
    const boot = this.#boots.get(node);
    if (!boot) return undefined;
    this.#boots.delete(node);
    return create(BuildProgressSchema, {
      vertexes: [{ ...vertexOf(node, boot.start), completeTime: time, error }],
    });
  }
}

function vertexOf(node: string, startTime: Timestamp | undefined) {
  return { digest: digestOf(node), name: "[internal] booting buildkit", startTime };
}

function digestOf(node: string): string {
  return `boot:${node}`;
}
