import { randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { readFailedRun } from "../../../buildkit/failed-run.js";
import { invalidField, typedError } from "../../../errors/typed-error.js";
import type { Result } from "../../../gen/moby/buildkit/v1/frontend/gateway_pb.js";
import type { Definition } from "../../../gen/pb/ops_pb.js";
import { type BuildHeldSchema, HoldReason } from "../../../gen/slipway/v1/build_event_pb.js";
import {
  type Breakpoint,
  type StartBuildRequest,
  BuildHold as When,
} from "../../../gen/slipway/v1/build_pb.js";
import {
  ContinueTo,
  type InspectStepResponseSchema,
  type ListFilesRequest,
  type ReadFileRequest,
  type SetBreakpointsResponseSchema,
  type StartProcessRequest,
} from "../../../gen/slipway/v1/debug_pb.js";
import { settlesWithin } from "../../../util/settles-within.js";
import { untilAborted } from "../../../util/until-aborted.js";
import { buildError } from "../build-error.js";
import type { EventLog } from "../event-log.js";
import type { Gateway } from "../gateway.js";
import { warning } from "../warning.js";
import { Breakpoints, breakpointInvalid } from "./breakpoints.js";
import { describeStep, stackOf } from "./describe-step.js";
import { listFiles, readHeldFile } from "./held-files.js";
import { type HeldPlace, placeAt, placeOfFailed, placeOfResult } from "./held-place.js";
import { HeldProcess, notStarted, type ProcessEvent } from "./held-process.js";
import type { Point } from "./program.js";
import { type Tree, Walk } from "./walk.js";

/** How long a build is held for a client that runs no process and calls nothing, in milliseconds. */
export const idleHoldMs = 10 * 60_000;

/** How often a build is held at its steps: each time is an event, which is stored however much of the limits is used. */
const maxStops = 1_000;

/** How many processes can run in a build that is held. */
const maxProcesses = 32;

/** How long BuildKit may take to end the processes when the build goes on, in milliseconds. */
const endMs = 4_000;

/** How long to wait for the progress of the step that failed, in milliseconds. */
const progressMs = 2_000;

/** The events of the build. */
export type HoldEvents = Pick<EventLog, "append" | "failedVertexes">;

/** When a build is held. */
export interface HoldTerms {
  readonly when: When;
  readonly breakpoints: Breakpoints;
}

/** When a request wants its build to be held; undefined for never. Throws INVALID_ARGUMENT, reason BREAKPOINT_INVALID. */
export function holdTerms({ hold: when, breakpoints: given }: StartBuildRequest): HoldTerms | undefined {
  const breakpoints = new Breakpoints(given);
  if (when) return { when, breakpoints };
  if (breakpoints.size === 0) return undefined;
  throw breakpointInvalid("breakpoints", "A build without hold has no breakpoints.", "Set hold, too.");
}

/** A build that stands still. */
interface Held {
  readonly gateway: Gateway;
  /** Where processes run; undefined while the build has no files. */
  readonly place: HeldPlace | undefined;
  /** Where it stands; undefined at its end, and when that is not known. */
  readonly point: Point | undefined;
  readonly trees: readonly Tree[];
  readonly processes: Map<string, HeldProcess>;
  /** The processes whose events are read. */
  readonly running: Set<Promise<unknown>>;
  idle: NodeJS.Timeout | undefined;
  resume(to: ContinueTo): void;
}

/** What is solved, and by what. */
interface Solving {
  readonly result: Result;
  readonly gateway: Gateway;
  readonly signal: AbortSignal;
  readonly platform: string;
  readonly walk: Walk;
}

/** Where a build is to be held. */
type Stand = Pick<Held, "place" | "point" | "trees"> & { value: MessageInitShape<typeof BuildHeldSchema> };

/** Leads one build for its client, and holds it, so that the client can run processes in it meanwhile. */
export class BuildHold {
  readonly #when: When;
  readonly #events: HoldEvents;
  readonly #onChange: (isHeld: boolean) => void;
  #breakpoints: Breakpoints;
  #held: Held | undefined;
  /** The result that is solved; undefined before the steps of the build are known. */
  #walk: Walk | undefined;
  /** How often it was held at its steps. */
  #stops = 0;
  /** The client is not waited for any more. */
  #isLeft = false;

  /** @param onChange called when the build begins to stand still, and when it goes on, before the event */
  constructor(
    { when, breakpoints }: HoldTerms,
    events: HoldEvents,
    onChange: (isHeld: boolean) => void = () => {},
  ) {
    this.#when = when;
    this.#breakpoints = breakpoints;
    this.#events = events;
    this.#onChange = onChange;
  }

  /**
   * Solves a lazy result, and holds the build at its steps, when one fails, or at the end. Afterwards the build goes on: it
   * fails by itself. Rejects when the signal aborts, and with ANSWER_MALFORMED.
   */
  async solve(result: Result, gateway: Gateway, signal: AbortSignal): Promise<void> {
    const refs = refsOf(result).filter(({ id }) => id);
    let to = this.#when === When.ON_START ? ContinueTo.IN : ContinueTo.UNSPECIFIED;
    for (const { id, def, platform } of refs) {
      const walk = new Walk(id, def, gateway);
      this.#walk = walk;
      if (walk.isLarge && this.#isLed) await this.#warn("The build has too many steps to be held at them.");
      const next = await this.#lead({ result, gateway, signal, platform, walk }, to);
      if (next === undefined) return;
      to = next;
    }
    if (this.#when !== When.ALWAYS) return;
    const [first] = refs;
    if (!first) return this.#warn("The build has no files, and no process can run in it.");
    const { id, platform } = first;
    const trees = [{ name: "/", ref: id }];
    const place = placeOfResult(id, result, platform);
    const value = { platform, reason: HoldReason.END };
    await this.#hold({ place, point: undefined, trees, value }, gateway, signal);
  }

  /** Starts a process, and yields its events. */
  async *start(request: StartProcessRequest, signal: AbortSignal): AsyncGenerator<ProcessEvent> {
    const held = this.#current();
    const { gateway, place, processes, running } = held;
    if (processes.size >= maxProcesses) throw tooMany();
    if (!place) throw notStarted("the build has no files yet");
    const beside = request.beside ? this.#process(request.beside) : undefined;
    // BuildKit takes letters and digits only.
    const container = beside?.container ?? randomUUID().replaceAll("-", "");
    const process = new HeldProcess(gateway, { containerId: container, ...initOf(request, place) });
    const kill = () => process.kill();
    signal.addEventListener("abort", kill);
    processes.set(process.id, process);
    clearTimeout(held.idle);
    let markEnded = () => {};
    const ended = new Promise<void>((resolve) => {
      markEnded = resolve;
    });
    running.add(ended);
    try {
      if (!beside) await createContainer(gateway, container, containerOf(request, place));
      signal.throwIfAborted();
      yield* process.events(request.terminal);
    } finally {
      signal.removeEventListener("abort", kill);
      processes.delete(process.id);
      if (!beside)
        await gateway.bridge.releaseContainer({ containerId: container }, gateway.options).catch(() => {});
      running.delete(ended);
      markEnded();
      this.#waitForProcess(held);
    }
  }

  /** A process that runs; NOT_FOUND, reason PROCESS_UNKNOWN. */
  process(id: string): HeldProcess {
    this.#current();
    return this.#process(id);
  }

  /** Lets the build go on; FAILED_PRECONDITION, reason BUILD_NOT_HELD, when it does. */
  resume(to: ContinueTo): void {
    this.#current().resume(to);
  }

  /** Lets the build go on to its end. */
  release(): void {
    this.#isLeft = true;
    this.#held?.resume(ContinueTo.UNSPECIFIED);
  }

  /** Replaces the breakpoints. Throws INVALID_ARGUMENT, reason BREAKPOINT_INVALID. */
  setBreakpoints(breakpoints: readonly Breakpoint[]): MessageInitShape<typeof SetBreakpointsResponseSchema> {
    this.#breakpoints = new Breakpoints(breakpoints);
    if (this.#held) this.#waitForProcess(this.#held);
    return {
      isResolved: this.#walk !== undefined,
      places: this.#breakpoints.placesIn(this.#walk?.steps ?? []),
    };
  }

  /**
   * Describes a step of the stack. Throws INVALID_ARGUMENT, reason FRAME_UNKNOWN.
   * @param maxBytes of the text of its source file
   */
  inspect(frame: number, maxBytes: number): MessageInitShape<typeof InspectStepResponseSchema> {
    const { point, trees } = this.#current();
    const step = point && [point.step, ...point.callers][frame];
    if (!step) throw invalidField("frame", "FRAME_UNKNOWN", `The stack has no step ${frame}.`);
    return { ...describeStep(step, maxBytes), trees: frame === 0 ? trees.map(({ name }) => name) : [] };
  }

  /** Lists a folder. Throws NOT_FOUND, reason FILES_UNREADABLE. */
  list(request: ListFilesRequest): ReturnType<typeof listFiles> {
    const { trees, gateway } = this.#current();
    return listFiles(trees, request, gateway);
  }

  /** Reads a part of a file. Throws NOT_FOUND, reason FILES_UNREADABLE. */
  read(request: ReadFileRequest, maxBytes: number): Promise<Uint8Array> {
    const { trees, gateway } = this.#current();
    return readHeldFile(trees, request, gateway, maxBytes);
  }

  /**
   * Solves the result of one platform, and holds the build where its client wants. Returns how far it goes on in the next
   * one; undefined when a step has failed.
   */
  async #lead(solving: Solving, first: ContinueTo): Promise<ContinueTo | undefined> {
    const { walk, gateway, signal, platform } = solving;
    let to = first;
    let at: Point | undefined;
    for (;;) {
      const isOver = this.#isLeft || this.#stops === maxStops;
      const stop = isOver ? undefined : walk.program.next(at, to, (step) => this.#breakpoints.hold(step));
      let trees: readonly Tree[];
      try {
        trees = await walk.reach(stop?.point);
      } catch (cause) {
        signal.throwIfAborted();
        await this.#holdFailed(cause, solving);
        return undefined;
      }
      if (!stop) return to;
      if (++this.#stops === maxStops)
        await this.#warn(`The build is held at a step for the ${maxStops}th time, and for the last.`);
      at = stop.point;
      const value = { platform, reason: stop.reason, stack: stackOf(at) };
      to = await this.#hold({ place: placeAt(at, trees, solving), point: at, trees, value }, gateway, signal);
    }
  }

  /** A debugger leads the build. */
  get #isLed(): boolean {
    return this.#when === When.ON_START || this.#breakpoints.size > 0;
  }

  /** Holds the build where a step has failed. */
  async #holdFailed(cause: unknown, solving: Solving): Promise<void> {
    const { walk, gateway, signal, platform } = solving;
    const failed = readFailedRun(cause);
    const error = buildError(cause);
    const point = walk.pointOf(error);
    // What the step needs is there, or the error would be about that.
    const trees = point ? await walk.reach(point).catch(() => []) : [];
    const place = failed ? placeOfFailed(failed) : point && placeAt(point, trees, solving);
    if (!place && !(point && this.#isLed)) return this.#warn("No process can run in what failed.");
    const value = { platform, error, reason: HoldReason.ERROR, stack: point && stackOf(point) };
    await this.#hold({ place, point, trees, value }, gateway, signal);
  }

  /** Holds the build, and returns how far it goes on. */
  async #hold({ value, ...stand }: Stand, gateway: Gateway, signal: AbortSignal): Promise<ContinueTo> {
    if (this.#isLeft) return ContinueTo.UNSPECIFIED;
    let resume = (_to: ContinueTo) => {};
    const resumed = new Promise<ContinueTo>((resolve) => {
      resume = resolve;
    });
    const held: Held = {
      ...stand,
      gateway,
      processes: new Map(),
      running: new Set(),
      idle: undefined,
      resume,
    };
    this.#held = held;
    this.#waitForProcess(held);
    try {
      if (value.error) await this.#progressOf(value.error.vertex ?? "", signal);
      this.#onChange(true);
      await this.#events.append({ case: "held", value });
      return await untilAborted(resumed, signal);
    } finally {
      this.#held = undefined;
      clearTimeout(held.idle);
      for (const process of held.processes.values()) process.kill();
      await settlesWithin(endMs, Promise.all(held.running));
      this.#onChange(false);
      await this.#events.append({ case: "resumed", value: {} });
    }
  }

  /** Waits for the progress of the step that failed, which comes by another call. */
  async #progressOf(vertex: string, signal: AbortSignal): Promise<void> {
    const until = performance.now() + progressMs;
    while (!this.#events.failedVertexes.has(vertex) && performance.now() < until)
      await setTimeout(20, undefined, { signal });
  }

  /** The client has to do something in time, unless a process runs. */
  #waitForProcess(held: Held): void {
    if (this.#held !== held) return;
    clearTimeout(held.idle);
    if (held.processes.size === 0) held.idle = globalThis.setTimeout(() => this.release(), idleHoldMs);
  }

  #current(): Held {
    if (!this.#held) throw notHeld();
    this.#waitForProcess(this.#held);
    return this.#held;
  }

  #process(id: string): HeldProcess {
    const process = this.#held?.processes.get(id);
    if (process) return process;
    throw typedError({
      code: Code.NotFound,
      reason: "PROCESS_UNKNOWN",
      message: `No process ${JSON.stringify(id)} runs in the build.`,
    });
  }

  #warn(message: string): Promise<void> {
    return this.#events.append({ case: "warning", value: warning("hold", "HOLD_IMPOSSIBLE", message) });
  }
}

/** FAILED_PRECONDITION, reason BUILD_NOT_HELD. */
export function notHeld(): ConnectError {
  return typedError({
    code: Code.FailedPrecondition,
    reason: "BUILD_NOT_HELD",
    message: "The build is not held.",
    remedy: "Start it with hold, and wait for its held event.",
  });
}

function tooMany(): ConnectError {
  const message = `${maxProcesses} processes run in the build.`;
  return typedError({
    code: Code.ResourceExhausted,
    reason: "PROCESS_TOO_MANY",
    message,
    remedy: "Start it when one of them has ended.",
    quota: { subject: "build", description: message },
  });
}

/** The longest name of a platform whose steps are led, in characters: a frontend can give any. */
const maxPlatform = 255;

/** The results of the platforms; a single one has an empty name. */
function refsOf({ result }: Result): { id: string; def?: Definition; platform: string }[] {
  if (result.case === "ref") return [{ id: result.value.id, def: result.value.def, platform: "" }];
  if (result.case !== "refs") return [];
  return Object.entries(result.value.refs).flatMap(([platform, { id, def }]) =>
    platform.length > maxPlatform ? [] : [{ id, def, platform }],
  );
}

function containerOf({ beforeStep }: StartProcessRequest, place: HeldPlace): HeldPlace["container"] {
  if (!beforeStep) return place.container;
  if (place.before) return place.before;
  throw invalidField("before_step", "PROCESS_INVALID", "There are no files from before a failed step.");
}

async function createContainer(
  { bridge, options }: Gateway,
  containerId: string,
  container: HeldPlace["container"],
): Promise<void> {
  try {
    await bridge.newContainer({ ...container, containerId }, options);
  } catch (cause) {
    if (options.signal?.aborted) throw cause;
    throw notStarted(ConnectError.from(cause).rawMessage);
  }
}

function initOf(request: StartProcessRequest, { process }: HeldPlace) {
  const { args, environment, user, workingDirectory, terminal, input } = request;
  const given = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  const meta = {
    args: args.length > 0 ? args : [...process.args],
    env: [...process.env, ...given],
    user: user ?? process.user,
    cwd: workingDirectory ?? process.cwd,
  };
  const fds = terminal ? [0, 1] : input ? [0, 1, 2] : [1, 2];
  return { meta, fds, tty: terminal !== undefined, security: process.security, secretenv: process.secretenv };
}
