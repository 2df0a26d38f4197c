import type { Timestamp } from "@bufbuild/protobuf/wkt";
import { create } from "../../codec/create.js";
import { BuildProgress, type Vertex, VertexStatus } from "../../gen/slipway/v1/build_codec.js";
import type { BuildEvent } from "../../gen/slipway/v1/build_event_pb.js";

/**
 * Shows the boot of a node as a step of the build, as buildx does: "[internal] booting buildkit". For a builder with
 * several nodes, the brackets contain the node's name.
 */
export class BootProgress {
  readonly #boots = new Map<string, { start: Timestamp | undefined; statuses: Map<string, VertexStatus> }>();
  #hasSeveralNodes = false;

  /** Converts an event of the host to a change of the display; undefined if there is nothing to show. */
  take({ event, time }: Pick<BuildEvent, "event" | "time">): BuildProgress | undefined {
    if (event.case === "accepted") this.#hasSeveralNodes = event.value.nodes.length > 1;
    if (event.case === "bootstrap") return this.#step(event.value.node, event.value.progress, time);
    // All nodes boot before any of them builds. Nodes without a platform never start to build.
    if (event.case === "started") return this.#endAll(time);
    if (event.case === "finished") return this.#endAll(time, event.value.error?.message);
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
    const status = create(VertexStatus, {
      id: progress.name || progress.id,
      vertex: vertexOf(node),
      current: progress.current,
      total: progress.total,
      time,
      startTime: boot.statuses.get(progress.id)?.startTime ?? time,
      endTime: progress.done || progress.error ? time : undefined,
    });
    boot.statuses.set(progress.id, status);
    const log = progress.log || progress.error;
    return create(BuildProgress, {
      vertexes: isNew ? [this.#vertex(node, boot.start)] : [],
      statuses: [status],
      logs: log ? [{ vertex: vertexOf(node), stream: 2, time, data: Buffer.from(`${log.trimEnd()}\n`) }] : [],
    });
  }

  /** Ends the step of a node that has booted, or failed to. */
  end(node: string, time: Timestamp | undefined, error = ""): BuildProgress | undefined {
    const boot = this.#boots.get(node);
    if (!boot) return undefined;
    this.#boots.delete(node);
    return create(BuildProgress, {
      vertexes: [{ ...this.#vertex(node, boot.start), endTime: time, error }],
    });
  }

  #endAll(time: Timestamp | undefined, error?: string): BuildProgress | undefined {
    const vertexes = [...this.#boots.keys()].flatMap((node) => this.end(node, time, error)?.vertexes ?? []);
    return vertexes.length > 0 ? create(BuildProgress, { vertexes }) : undefined;
  }

  #vertex(node: string, startTime: Timestamp | undefined) {
    const where = this.#hasSeveralNodes ? `${node} internal` : "internal";
    return { id: vertexOf(node), name: `[${where}] booting buildkit`, startTime };
  }
}

/** Shows the waits of builds in the host's queue, each as a step, with each change of the place. */
export class QueueProgress {
  /** When those began that have not ended, by target. */
  readonly #starts = new Map<string, Timestamp | undefined>();

  /**
   * Converts an event of the host to a change of the display; undefined if there is nothing to show.
   * @param target name of the build among several; empty for a single one
   */
  take({ event, time }: Pick<BuildEvent, "event" | "time">, target = ""): BuildProgress | undefined {
    const vertex = `queue:${target}`;
    const wait = {
      id: vertex,
      name: `[${target ? `${target} ` : ""}internal] waiting in the queue`,
      startTime: this.#starts.get(target) ?? time,
    };
    if (event.case === "queued") {
      const isNew = !this.#starts.has(target);
      this.#starts.set(target, wait.startTime);
      const { place, message } = event.value;
      const data = Buffer.from(`place ${place}: ${message}\n`);
      return create(BuildProgress, {
        vertexes: isNew ? [wait] : [],
        logs: [{ vertex, stream: 1, time, data }],
      });
    }
    if (event.case !== "assigned" && event.case !== "finished") return undefined;
    if (!this.#starts.delete(target)) return undefined;
    const error = event.case === "finished" ? (event.value.error?.message ?? "") : "";
    return create(BuildProgress, { vertexes: [{ ...wait, endTime: time, error }] });
  }
}

/** The error of a step that BuildKit did not finish, by which displays show it as cancelled. */
const cancelled = "context canceled";

/** Ends the steps of a build that begins again: nothing more is reported of those that had not ended. */
export class RestartProgress {
  /** Steps that have not ended, by target, node and id. */
  readonly #open = new Map<string, { target: string; node: string; vertex: Vertex }>();

  /**
   * Notes the progress of a build, and converts its restart to changes of the display, one for each node.
   * @param target name of the build among several; empty for a single one
   */
  take({ event, time }: Pick<BuildEvent, "event" | "time">, target = ""): BuildProgress[] {
    if (event.case === "progress") this.#note(event.value, target);
    if (event.case !== "restarted") return [];
    const ended = new Map<string, Vertex[]>();
    for (const [key, { target: of, node, vertex }] of this.#open) {
      if (of !== target) continue;
      this.#open.delete(key);
      ended.set(node, [...(ended.get(node) ?? []), { ...vertex, endTime: time, error: cancelled }]);
    }
    return [...ended].map(([node, vertexes]) => create(BuildProgress, { node, vertexes }));
  }

  #note({ node, vertexes }: BuildProgress, target: string): void {
    for (const vertex of vertexes) {
      const key = [target, node, vertex.id].join("\0");
      if (vertex.startTime && !vertex.endTime) this.#open.set(key, { target, node, vertex });
      else this.#open.delete(key);
    }
  }
}

function vertexOf(node: string): string {
  return `boot:${node}`;
}
