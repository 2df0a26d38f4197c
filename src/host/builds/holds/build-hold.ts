import { randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { Code, ConnectError } from "@connectrpc/connect";
import { readFailedRun } from "../../../buildkit/failed-run.js";
import { invalidField, typedError } from "../../../errors/typed-error.js";
import type { Result } from "../../../gen/moby/buildkit/v1/frontend/gateway_pb.js";
import type { BuildError } from "../../../gen/slipway/build/v1/build_error_pb.js";
import { BuildHold as When } from "../../../gen/slipway/v1/build_pb.js";
import type { StartProcessRequest } from "../../../gen/slipway/v1/debug_pb.js";
import { settlesWithin } from "../../../util/settles-within.js";
import { untilAborted } from "../../../util/until-aborted.js";
import { buildError } from "../build-error.js";
import type { EventLog } from "../event-log.js";
import type { Gateway } from "../gateway.js";
import { warning } from "../warning.js";
import { type HeldPlace, placeOfFailed, placeOfResult } from "./held-place.js";
import { HeldProcess, notStarted, type ProcessEvent } from "./held-process.js";

/** How long a build is held without a process, in milliseconds. */
export const idleHoldMs = 10 * 60_000;

/** How many processes can run in a build that is held. */
const maxProcesses = 32;

/** How long BuildKit may take to end the processes when the build goes on, in milliseconds. */
const endMs = 4_000;

/** How long to wait for the progress of the step that failed, in milliseconds. */
const progressMs = 2_000;

/** The events of the build. */
export type HoldEvents = Pick<EventLog, "append" | "failedVertexes">;

/** A build that stands still. */
interface Held {
  readonly gateway: Gateway;
  readonly place: HeldPlace;
  readonly processes: Map<string, HeldProcess>;
  /** The processes whose events are read. */
  readonly running: Set<Promise<unknown>>;
  idle: NodeJS.Timeout | undefined;
  resume(): void;
}

/** Holds one build for its client, which runs processes in it meanwhile. */
export class BuildHold {
  readonly #when: When;
  readonly #events: HoldEvents;
  #held: Held | undefined;

  constructor(when: When, events: HoldEvents) {
    this.#when = when;
    this.#events = events;
  }

  /**
   * Solves a lazy result, and holds the build when a step fails, or at the end. Afterwards the build goes on: it fails by
   * itself. Rejects when the signal aborts, and with ANSWER_MALFORMED.
   */
  async solve(result: Result, gateway: Gateway, signal: AbortSignal): Promise<void> {
    const refs = refsOf(result).filter(({ id }) => id);
    for (const { id, platform } of refs) {
      try {
        await gateway.bridge.evaluate({ ref: id }, gateway.options);
      } catch (cause) {
        signal.throwIfAborted();
        const failed = readFailedRun(cause);
        if (!failed) return this.#warn("What failed is no RUN step, and no process can run in it.");
        return this.#hold(placeOfFailed(failed), gateway, signal, { platform, error: buildError(cause) });
      }
    }
    if (this.#when !== When.ALWAYS) return;
    const [first] = refs;
    if (!first) return this.#warn("The build has no files, and no process can run in it.");
    const { id, platform } = first;
    await this.#hold(placeOfResult(id, result, platform), gateway, signal, { platform });
  }

  /** Starts a process, and yields its events. */
  async *start(request: StartProcessRequest, signal: AbortSignal): AsyncGenerator<ProcessEvent> {
    const held = this.#current();
    const { gateway, processes, running } = held;
    if (processes.size >= maxProcesses) throw tooMany();
    const beside = request.beside ? this.#process(request.beside) : undefined;
    // BuildKit takes letters and digits only.
    const container = beside?.container ?? randomUUID().replaceAll("-", "");
    const process = new HeldProcess(gateway, { containerId: container, ...initOf(request, held.place) });
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
      if (!beside) await createContainer(gateway, container, containerOf(request, held.place));
      signal.throwIfAborted();
      yield* process.events(request.terminal);
    } finally {
      signal.removeEventListener("abort", kill);
      processes.delete(process.id);
      if (!beside)
        await gateway.bridge.releaseContainer({ containerId: container }, gateway.options).catch(() => {});
      running.delete(ended);
      markEnded();
      if (processes.size === 0) this.#waitForProcess(held);
    }
  }

  /** A process that runs; NOT_FOUND, reason PROCESS_UNKNOWN. */
  process(id: string): HeldProcess {
    this.#current();
    return this.#process(id);
  }

  /** Lets the build go on; FAILED_PRECONDITION, reason BUILD_NOT_HELD, when it does. */
  resume(): void {
    this.#current().resume();
  }

  /** Lets the build go on if it is held. */
  release(): void {
    this.#held?.resume();
  }

  async #hold(
    place: HeldPlace,
    gateway: Gateway,
    signal: AbortSignal,
    value: { platform: string; error?: BuildError },
  ): Promise<void> {
    let resume = () => {};
    const resumed = new Promise<void>((resolve) => {
      resume = resolve;
    });
    const held: Held = { gateway, place, processes: new Map(), running: new Set(), idle: undefined, resume };
    this.#held = held;
    this.#waitForProcess(held);
    try {
      if (value.error) await this.#progressOf(value.error.vertex, signal);
      await this.#events.append({ case: "held", value });
      await untilAborted(resumed, signal);
    } finally {
      this.#held = undefined;
      clearTimeout(held.idle);
      for (const process of held.processes.values()) process.kill();
      await settlesWithin(endMs, Promise.all(held.running));
      await this.#events.append({ case: "resumed", value: {} });
    }
  }

  /** Waits for the progress of the step that failed, which comes by another call. */
  async #progressOf(vertex: string, signal: AbortSignal): Promise<void> {
    const until = performance.now() + progressMs;
    while (!this.#events.failedVertexes.has(vertex) && performance.now() < until)
      await setTimeout(20, undefined, { signal });
  }

  #waitForProcess(held: Held): void {
    if (this.#held !== held) return;
    clearTimeout(held.idle);
    held.idle = globalThis.setTimeout(held.resume, idleHoldMs);
  }

  #current(): Held {
    if (!this.#held) throw notHeld();
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

/** The results of the platforms; a single one has an empty name. */
function refsOf({ result }: Result): { id: string; platform: string }[] {
  if (result.case === "ref") return [{ id: result.value.id, platform: "" }];
  if (result.case !== "refs") return [];
  return Object.entries(result.value.refs).map(([platform, { id }]) => ({ id, platform }));
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
