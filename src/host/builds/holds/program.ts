import type { GraphStep, StepGraph } from "../../../buildkit/step-graph.js";
import type { Input } from "../../../gen/pb/ops_pb.js";
import { HoldReason } from "../../../gen/slipway/v1/build_event_pb.js";
import { ContinueTo } from "../../../gen/slipway/v1/debug_pb.js";

/** A place where a build can be held. */
export interface Point {
  readonly step: GraphStep;
  /** The step is done, and the last one of its stage. Otherwise the point is before it. */
  readonly done: Input | undefined;
  /** The steps of other stages that wait for this one, the innermost first. */
  readonly callers: readonly GraphStep[];
  /** Whether the stage of an input, by its index, comes after this point. */
  isDeferred(input: number): boolean;
  /** The build comes to the step for the first time: breakpoints count. */
  readonly isFirst: boolean;
}

/** Where a build is held next, and why. */
export interface Stop {
  readonly point: Point;
  readonly reason: HoldReason;
}

/** How deep stages are gone into. Deeper ones are solved with the step that needs them. */
const maxDepth = 100;

/**
 * The points of a build in the order in which a debugger sees them: a stage from its first step to its last one; before a
 * step that needs other stages, those. Each step comes once, however many need it.
 */
export class Program {
  readonly points: readonly Point[];

  constructor(graph: StepGraph) {
    const points: Point[] = [];
    if (graph.head) addStage(graph, graph.head, { points, callers: [], seen: new Set() });
    this.points = points;
  }

  /**
   * Where the build is held next; undefined at its end.
   * @param at where it is held; undefined before its first step
   * @param isBreakpoint whether the build is held before a step
   */
  next(at: Point | undefined, to: ContinueTo, isBreakpoint: (step: GraphStep) => boolean): Stop | undefined {
    const from = at ? this.points.indexOf(at) : -1;
    const end = this.#target(from, to);
    for (let index = from + 1; index < end; index++) {
      const point = this.points[index]!;
      if (point.isFirst && isBreakpoint(point.step)) return { point, reason: HoldReason.BREAKPOINT };
    }
    const point = this.points[end];
    if (!point) return undefined;
    const isHit = point.isFirst && isBreakpoint(point.step);
    return { point, reason: isHit ? HoldReason.BREAKPOINT : HoldReason.STEP };
  }

  /** The point before a step; the last one, when its other stages are done. */
  before(isWanted: (step: GraphStep) => boolean): Point | undefined {
    return this.points.findLast(({ step, done }) => !done && isWanted(step));
  }

  /** The index of the point where the build is held at the latest. */
  #target(from: number, to: ContinueTo): number {
    const at = this.points[from];
    const find = (isTarget: (point: Point) => boolean) => {
      const index = this.points.findIndex((point, each) => each > from && isTarget(point));
      return index < 0 ? this.points.length : index;
    };
    if (to === ContinueTo.IN || (to === ContinueTo.NEXT && !at)) return from + 1;
    if (!at) return this.points.length;
    const depth = at.callers.length;
    if (to === ContinueTo.OUT) return find(({ callers }) => callers.length < depth);
    if (to !== ContinueTo.NEXT) return this.points.length;
    return find(
      ({ step, done, callers }) =>
        callers.length < depth || (callers.length === depth && (step !== at.step || done !== undefined)),
    );
  }
}

interface Building {
  readonly points: Point[];
  readonly callers: readonly GraphStep[];
  /** Digests of the steps that have points, or need none. */
  readonly seen: Set<string>;
}

/**
 * Adds the points of a stage, whose last step is given; none for one that is in no source file, is too deep, or was added
 * before.
 */
function addStage(graph: StepGraph, last: Input, { points, callers, seen }: Building): void {
  if (callers.length > maxDepth) return;
  const chain: GraphStep[] = [];
  for (let input: Input | undefined = last; input && !seen.has(input.digest); ) {
    const step = graph.step(input.digest);
    if (!step) break;
    seen.add(step.digest);
    chain.unshift(step);
    input = graph.parentOf(step);
  }
  const [head] = chain.slice(-1);
  if (!head?.source) return;
  for (const step of chain.filter(({ source }) => source)) {
    const parent = graph.parentOf(step);
    const waiting = [step, ...callers];
    const stages = step.op.inputs.flatMap((input, index) => {
      if (input === parent) return [];
      const inner: Point[] = [];
      addStage(graph, input, { points: inner, callers: waiting, seen });
      return inner.length > 0 ? [{ index, inner }] : [];
    });
    const order = new Map(stages.map(({ index }, position) => [index, position]));
    const before = (from: number): Point => ({
      step,
      done: undefined,
      callers,
      isDeferred: (input) => (order.get(input) ?? -1) >= from,
      isFirst: from === 0,
    });
    points.push(before(0));
    stages.forEach(({ inner }, index) => {
      for (const point of inner) points.push(point);
      points.push(before(index + 1));
    });
  }
  points.push({ step: head, done: last, callers, isDeferred: () => false, isFirst: false });
}
