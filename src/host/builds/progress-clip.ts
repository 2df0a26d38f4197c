import { create } from "@bufbuild/protobuf";
import type { Diagnostic } from "../../gen/slipway/common/v1/diagnostic_pb.js";
import { type BuildEvent, BuildEventSchema } from "../../gen/slipway/v1/build_event_pb.js";
import { sizeText } from "../../util/size-text.js";
import type { Limits } from "../quotas/limits.js";
import { type EncodedEvent, encoded } from "./encoded-event.js";
import type { LogRoom } from "./running-logs.js";
import { warning } from "./warning.js";

/** The limits of a build's events. */
export type EventLimits = Pick<Limits, "build-events" | "build-log">;

/** How far the steps themselves and warnings may exceed the limits that output and statuses have reached. */
const stepsShare = 1.25;

/**
 * Leaves out progress of a build above its limits, so that neither the output of a step nor a BuildKit fills the disk.
 * Output is left out first, so that it stays visible which steps run and fail.
 */
export class ProgressClip {
  readonly #limits: EventLimits;
  readonly #room: LogRoom | undefined;
  /** The limit at which progress was left out, for people. */
  #reached = "";
  #events = 0;
  #bytes = 0;
  #leftOutEvents = 0;
  #leftOutBytes = 0;
  #isReported = false;

  /** @param room of the running builds together; default: without a limit */
  constructor(limits: EventLimits, room?: LogRoom) {
    this.#limits = limits;
    this.#room = room;
  }

  /** The event as it is recorded; undefined when all of it is left out. Only progress is ever left out. */
  clip(event: EncodedEvent): EncodedEvent | undefined {
    const { event: content } = event.message;
    const isProgress = content.case === "progress";
    // Once output is left out, none follows, so that no gap goes unnoticed.
    const mayFit = !isProgress || this.#leftOutBytes === 0 || content.value.logs.length === 0;
    if (mayFit && this.#count(event, isProgress ? 1 : stepsShare)) return event;
    if (!isProgress && content.case !== "bootstrap" && content.case !== "warning") return event;
    const left = isProgress ? this.#withoutOutput(event.message) : undefined;
    if (left && this.#count(left, stepsShare)) return left;
    this.#leftOutEvents++;
    return undefined;
  }

  /** The warning that progress was left out, once; undefined when there was none. */
  report(): Diagnostic | undefined {
    if (this.#isReported || (this.#leftOutEvents === 0 && this.#leftOutBytes === 0)) return undefined;
    this.#isReported = true;
    const left = `${this.#leftOutEvents} events and ${sizeText(this.#leftOutBytes)} of the steps' output`;
    const message = `The progress of the build was clipped at the limit of ${this.#reached}: ${left} were left out.`;
    return warning("", "LOG_CLIPPED", message, "Have the steps print less, or raise the host's limit.");
  }

  /** Counts an event, unless it exceeds this share of the limits. */
  #count({ bytes: { length: bytes } }: EncodedEvent, share: number): boolean {
    const exceeded = this.#exceeded(bytes, share);
    if (exceeded) {
      this.#reached ||= exceeded;
      return false;
    }
    this.#events++;
    this.#bytes += bytes;
    return true;
  }

  /** The limit that an event exceeds, for people; undefined when there is room, which it has taken then. */
  #exceeded(bytes: number, share: number): string | undefined {
    const { "build-events": events, "build-log": log } = this.#limits;
    if (this.#events >= share * events) return `${events} events for the build`;
    if (this.#bytes + bytes > share * log) return `${sizeText(log)} for the build`;
    const shared = this.#room?.take(bytes, share);
    return shared && `${sizeText(shared.limit)} for ${shared.of}`;
  }

  /** The steps and warnings of an event, and the note in the place of the first output that is left out. */
  #withoutOutput(event: BuildEvent): EncodedEvent | undefined {
    if (event.event.case !== "progress") return undefined;
    const { value } = event.event;
    const { logs, vertexes, warnings } = value;
    const isFirst = this.#leftOutBytes === 0;
    for (const { data } of logs) this.#leftOutBytes += data.length;
    const notes = isFirst ? logs.slice(0, 1).map((log) => ({ ...log, data: this.#note() })) : [];
    if (vertexes.length + warnings.length + notes.length === 0) return undefined;
    const rest = { ...value, statuses: [], logs: notes };
    return encoded(create(BuildEventSchema, { ...event, event: { case: "progress", value: rest } }));
  }

  /** As BuildKit words it for one step. */
  #note(): Uint8Array {
    return Buffer.from(`[output clipped, limit of ${this.#reached} reached]\n`);
  }
}
