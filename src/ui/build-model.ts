import type {
  BuildProgress,
  Vertex,
  VertexStatus,
  VertexWarning,
} from "../gen/slipway/build/v1/build_progress_pb.js";
import type { Diagnostic } from "../gen/slipway/common/v1/diagnostic_pb.js";
import type {
  BuildEvent,
  BuildFinished,
  BuildHeld,
  BuildQueued,
  BuildRestarted,
  NodeDraining,
} from "../gen/slipway/v1/build_event_pb.js";
import { millis } from "./format.js";
import { LogLines } from "./log-lines.js";
import { Observable } from "./observable.js";

/** How a step is. */
export type StepState = "waiting" | "running" | "cached" | "done" | "failed" | "canceled";

/** A step of a build on one node. */
export class Step {
  readonly log = new LogLines();
  readonly statuses = new Map<string, VertexStatus>();
  readonly warnings: VertexWarning[] = [];
  name = "";
  inputs: readonly string[] = [];
  error = "";
  isCached = false;
  /** In milliseconds since 1970. */
  start: number | undefined;
  end: number | undefined;

  /** @param key unique in the build; @param node empty when the build has only one */
  constructor(
    readonly key: string,
    readonly node: string,
  ) {}

  get state(): StepState {
    if (/\bcontext canceled\b/.test(this.error)) return "canceled";
    if (this.error) return "failed";
    if (this.isCached) return "cached";
    if (this.end !== undefined) return "done";
    return this.start === undefined ? "waiting" : "running";
  }

  change({ name, inputs, cached, error, startTime, endTime }: Vertex, keyOf: (id: string) => string): void {
    this.name = name;
    this.inputs = inputs.map(keyOf);
    this.isCached = cached;
    this.error = error;
    // One that starts again keeps its first start.
    this.start ??= startTime && millis(startTime);
    this.end = endTime && millis(endTime);
  }
}

/** What the events of a build say. */
export class BuildModel extends Observable {
  readonly steps = new Map<string, Step>();
  readonly warnings: Diagnostic[] = [];
  /** The steps of booting nodes, by node and step. */
  readonly boot = new Map<string, string>();
  draining: NodeDraining | undefined;
  /** The latest time that a host began the build again. */
  restarted: BuildRestarted | undefined;
  /** Its place in the queue while it waits there. */
  queued: BuildQueued | undefined;
  /** Where the build stands while its client holds it. */
  held: BuildHeld | undefined;
  finished: BuildFinished | undefined;
  lastSequence = 0n;

  /** Applies the next event. */
  apply({ sequence, event }: BuildEvent): void {
    this.lastSequence = sequence;
    if (event.case === "progress") this.progress(event.value);
    else if (event.case === "warning") this.warnings.push(event.value);
    else if (event.case === "draining") this.draining = event.value;
    else if (event.case === "restarted") this.#restart(event.value);
    else if (event.case === "queued") this.queued = event.value;
    else if (event.case === "assigned") this.queued = undefined;
    else if (event.case === "held") this.held = event.value;
    else if (event.case === "resumed") this.held = undefined;
    else if (event.case === "finished") this.#finish(event.value);
    else if (event.case === "bootstrap") {
      const { node, progress } = event.value;
      const text = progress?.error || progress?.log || progress?.name || "";
      this.boot.set(`${node}/${progress?.id}`, text);
    }
    this.changed();
  }

  /** A build that is cancelled while it waits or is held does not go on. */
  #finish(finished: BuildFinished): void {
    this.finished = finished;
    this.queued = undefined;
    this.held = undefined;
  }

  /** The steps of the earlier attempt are not those of this one. */
  #restart(restarted: BuildRestarted): void {
    this.restarted = restarted;
    this.draining = undefined;
    this.steps.clear();
    this.boot.clear();
  }

  /** The steps by their start; those that wait come last. */
  ordered(): Step[] {
    const start = (step: Step) => step.start ?? Number.POSITIVE_INFINITY;
    return [...this.steps.values()].sort((a, b) => (start(a) === start(b) ? 0 : start(a) - start(b)));
  }

  /** The step that an error of the build is about. */
  failedStep(error = this.finished?.error): Step | undefined {
    if (!error?.vertex) return undefined;
    return this.steps.get(keyOf(error.node, error.vertex)) ?? this.steps.get(keyOf("", error.vertex));
  }

  /** Forgets the steps, before they are read again from the first one. */
  restart(): void {
    this.steps.clear();
    this.changed();
  }

  /** Applies progress of BuildKit. */
  progress({ vertexes, statuses, logs, warnings, node }: BuildProgress): void {
    const key = (id: string) => keyOf(node, id);
    for (const vertex of vertexes) this.#step(key(vertex.id), node).change(vertex, key);
    for (const status of statuses) this.#step(key(status.vertex), node).statuses.set(status.id, status);
    for (const { vertex, data, stream } of logs) this.#step(key(vertex), node).log.append(data, stream);
    for (const warning of warnings) this.#step(key(warning.vertex), node).warnings.push(warning);
    this.changed();
  }

  #step(key: string, node: string): Step {
    let step = this.steps.get(key);
    if (!step) {
      step = new Step(key, node);
      this.steps.set(key, step);
    }
    return step;
  }
}

function keyOf(node: string, id: string): string {
  return `${node}/${id}`;
}
