import type {
  BuildProgress,
  Vertex,
  VertexLog,
  VertexStatus,
} from "../../gen/slipway/build/v1/build_progress_pb.js";
import { millis } from "./time.js";
import { VertexTrace } from "./vertex-trace.js";
import { visibleProgress } from "./visible-progress.js";

/**
 * The state of a build's steps, updated by BuildKit's progress and read by displays.
 *
 * Follows the rules of BuildKit's progressui, so that the same events have the same output.
 */
export class Trace {
  /** Steps in the order in which they started. */
  readonly started: VertexTrace[] = [];
  /** Steps with changes to show. A display removes them when it has shown them. */
  readonly updated = new Set<VertexTrace>();
  /** Start of the first step, by BuildKit's clock. */
  startTime?: number;
  /** Difference between the local clock and BuildKit's clock. */
  clockSkew = 0;

  readonly #steps = new Map<string, VertexTrace>();
  readonly #groups = new Map<string, { shown: VertexTrace; members: Map<string, Vertex> }>();
  readonly #now: () => number;
  readonly #onStep: (step: VertexTrace) => void;

  /** @param onStep called with each new step, before its first update */
  constructor(now: () => number, onStep: (step: VertexTrace) => void = () => {}) {
    this.#now = now;
    this.#onStep = onStep;
  }

  /** All visible steps, started or not. A group counts as one step. */
  *steps(): Generator<VertexTrace> {
    for (const step of new Set(this.#steps.values())) if (!step.hidden) yield step;
  }

  /** Applies a batch of changes. */
  update(given: BuildProgress): void {
    const progress = visibleProgress(given);
    const key = (id: string) => `${progress.node}\0${id}`;
    const touchedGroups = new Set<string>();
    for (const vertex of progress.vertexes) {
      this.startTime ??= millis(vertex.startTime);
      const group = vertex.progressGroup?.id;
      if (group !== undefined) {
        this.#joinGroup(vertex, key(vertex.id), key(group));
        touchedGroups.add(key(group));
      } else this.#updateVertex(vertex, withNode(vertex.name, progress.node), key(vertex.id));
    }
    for (const id of touchedGroups) this.#refreshGroup(id);
    for (const status of progress.statuses) this.#updateStatus(this.#steps.get(key(status.vertex)), status);
    for (const warning of progress.warnings) {
      const step = this.#steps.get(key(warning.vertex));
      step?.warnings.push(warning);
      step?.touch(this.#now());
    }
    for (const log of progress.logs) this.#appendLog(this.#steps.get(key(log.vertex)), log);
  }

  /** For displays that show all steps each time: marks the changes as shown, and drops older lines of output. */
  markShown(): void {
    for (const step of this.updated) step.dropShownLines();
    this.updated.clear();
  }

  #updateVertex(vertex: Vertex, name: string, id: string): void {
    const step = this.#steps.get(id) ?? this.#newStep(id, name);
    const begins = !step.isStarted;
    if (!begins && !vertex.startTime) return;
    // A repeated report without changes is not printed.
    if (vertex.startTime && (begins || step.differs(vertex, name))) this.#mark(step);
    step.set(vertex, name);
    if (!vertex.startTime) return;
    step.addInterval(millis(vertex.startTime), millis(vertex.endTime));
    if (begins) this.#begin(step);
  }

  #joinGroup(vertex: Vertex, id: string, groupId: string): void {
    let group = this.#groups.get(groupId);
    if (!group) {
      group = { shown: this.#newStep(groupId, vertex.progressGroup!.name, true), members: new Map() };
      this.#groups.set(groupId, group);
    }
    group.members.set(id, vertex);
    this.#steps.set(id, group.shown);
  }

  /** A group is visible when a member that is not weak has started. It is cached if all its members are cached. */
  #refreshGroup(id: string): void {
    const { shown, members } = this.#groups.get(id)!;
    const wasHidden = shown.hidden;
    let changed = false;
    const all = [...members.values()];
    for (const { startTime, endTime, progressGroup } of all) {
      if (!startTime) continue;
      changed = shown.addInterval(millis(startTime), millis(endTime)) || changed;
      if (!progressGroup?.weak) shown.hidden = false;
    }
    const cached = all.every((member) => member.cached);
    const error = all.find((member) => member.error)?.error ?? "";
    changed ||= shown.cached !== cached || shown.error !== error;
    shown.cached = cached;
    shown.error = error;
    if (shown.hidden) return;
    if (wasHidden) this.#begin(shown);
    if (changed || wasHidden) this.#mark(shown);
  }

  #updateStatus(step: VertexTrace | undefined, status: VertexStatus): void {
    if (!step) return;
    step.setStatus(status);
    this.#mark(step);
  }

  #appendLog(step: VertexTrace | undefined, log: VertexLog): void {
    if (!step) return;
    step.appendLog(log, log.time ? millis(log.time) : this.#now());
    this.#mark(step);
  }

  #newStep(id: string, name: string, hidden = false): VertexTrace {
    const step = new VertexTrace(name, hidden);
    this.#steps.set(id, step);
    this.#onStep(step);
    return step;
  }

  #begin(step: VertexTrace): void {
    this.clockSkew ||= this.#now() - step.intervals[0]!.start;
    this.started.push(step);
  }

  #mark(step: VertexTrace): void {
    step.touch(this.#now());
    this.updated.add(step);
  }
}

/** Adds the node to the name of a step: "[internal] load" becomes "[arm internal] load". */
function withNode(name: string, node: string): string {
  if (!node) return name;
  return name.startsWith("[") ? `[${node} ${name.slice(1)}` : `[${node}] ${name}`;
}
