import { EventEmitter, once } from "node:events";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampNow } from "@bufbuild/protobuf/wkt";
import { type BuildEvent, BuildEventSchema } from "../../gen/slipway/v1/build_event_pb.js";
import type { Build } from "../../gen/slipway/v1/build_pb.js";
import type { StoredEvent } from "../store/build-records.js";
import type { Store } from "../store/store.js";
import { type EncodedEvent, encoded } from "./encoded-event.js";
import { FailedVertexes } from "./failed-vertex.js";
import { type EventLimits, ProgressClip } from "./progress-clip.js";
import { EventRedaction } from "./redaction/event-redaction.js";
import { Redaction } from "./redaction/redaction.js";
import type { LogRoom } from "./running-logs.js";
import type { StepTally } from "./step-tally.js";

/** The event of a {@link BuildEvent}, without its sequence number and time. */
export type EventInit = NonNullable<MessageInitShape<typeof BuildEventSchema>["event"]>;

/** How long an event waits for others, to be stored with them, in milliseconds. */
const batchMs = 50;
/** From this many bytes on, waiting events are stored at once. */
const batchBytes = 1 << 20;
/** How many events may wait for the disk before {@link EventLog.append} delays its caller. */
const maxPending = 1000;
/** How many bytes of events may wait for the disk, likewise. */
const maxPendingBytes = 8 << 20;

/** What an {@link EventLog} works with. */
export interface EventLogOptions {
  store: Store;
  limits: EventLimits;
  /** What it may take of the logs of all running builds; default: without a limit. */
  room?: LogRoom;
  /** Masks what no event may contain; default nothing but credentials in URLs. */
  redaction?: Redaction;
  /** Sequence number of the last event that is stored already; default 0. */
  after?: number;
  /** Counts the steps that end. */
  steps?: StepTally;
  /** Called when an event cannot be stored, such as on a full disk; watchers still get the event. */
  onFailure(cause: unknown): void;
}

/** The events of one running build: numbered, stored, and sent to any number of watchers. */
export class EventLog {
  readonly #options: EventLogOptions;
  readonly #build: string;
  readonly #clip: ProgressClip;
  readonly #redaction: EventRedaction;
  /** What is not stored yet, by sequence number. */
  readonly #pending = new Map<number, EncodedEvent>();
  #pendingBytes = 0;
  #batch: NodeJS.Timeout | undefined;
  #storing: Promise<void> | undefined;
  #last: number;
  #bytes = 0;
  #ended = false;
  /** The steps that failed. */
  readonly failedVertexes = new FailedVertexes();
  readonly #changes = new EventEmitter().setMaxListeners(0);

  constructor(build: string, options: EventLogOptions) {
    this.#build = build;
    this.#options = options;
    this.#last = options.after ?? 0;
    this.#clip = new ProgressClip(options.limits, options.room);
    this.#redaction = new EventRedaction(options.redaction ?? new Redaction([]));
  }

  /** Sequence number of the newest event; 0 when there is none. */
  get last(): number {
    return this.#last;
  }

  /**
   * Records an event without secrets; progress above the build's limits is left out. Watchers get it at once; the
   * promise resolves when the next one may be appended, and never rejects. The last event is stored by {@link end}.
   */
  async append(event: EventInit): Promise<void> {
    if (this.#ended) return;
    const next = this.#next(event);
    if (next.event.case === "progress") {
      this.failedVertexes.watch(next.event.value);
      this.#options.steps?.watch(next.event.value);
    }
    const redacted = this.#redaction.event(next);
    const recorded = redacted && this.#clip.clip(redacted);
    if (recorded) await this.#record(recorded);
  }

  /** Records what is left before the last event: held output, and a warning about the progress that was left out. */
  async flush(): Promise<void> {
    await this.append({ case: "progress", value: this.#redaction.end() });
    const value = this.#clip.report();
    if (value && !this.#ended) await this.#record(encoded(this.#next({ case: "warning", value })));
  }

  /**
   * Stores the record of the build, which has ended, with the events that are not stored yet. Rejects when that is not
   * possible, and can then be called again.
   * @param earlierBytes size of the events that another log stored
   */
  async end(build: Build, earlierBytes = 0): Promise<void> {
    clearTimeout(this.#batch);
    const events = this.#unstored();
    await this.#options.store.builds.end(build, events, earlierBytes + this.#bytes);
    this.#forget(events);
  }

  #next(event: EventInit): BuildEvent {
    return create(BuildEventSchema, { sequence: BigInt(this.#last + 1), time: timestampNow(), event });
  }

  async #record(event: EncodedEvent): Promise<void> {
    this.#pending.set(++this.#last, event);
    this.#pendingBytes += event.bytes.length;
    this.#bytes += event.bytes.length;
    if (event.message.event.case === "finished") this.#ended = true;
    this.#changes.emit("change");
    if (this.#ended) return;
    const isMuch = this.#pending.size > maxPending || this.#pendingBytes > maxPendingBytes;
    if (isMuch) await this.#store();
    else if (this.#pendingBytes > batchBytes) void this.#store();
    else this.#batch ??= setTimeout(() => void this.#store(), batchMs);
  }

  /** Stores what waits; one batch at a time. */
  #store(): Promise<void> {
    clearTimeout(this.#batch);
    this.#batch = undefined;
    this.#storing ??= this.#storeBatch().finally(() => {
      this.#storing = undefined;
    });
    return this.#storing;
  }

  async #storeBatch(): Promise<void> {
    const events = this.#unstored();
    try {
      await this.#options.store.builds.putEvents(this.#build, events);
      this.#forget(events);
    } catch (cause) {
      this.#options.onFailure(cause);
    }
  }

  #unstored(): StoredEvent[] {
    return [...this.#pending].map(([sequence, { bytes }]) => ({ sequence, bytes }));
  }

  #forget(stored: readonly StoredEvent[]): void {
    for (const { sequence, bytes } of stored)
      if (this.#pending.delete(sequence)) this.#pendingBytes -= bytes.length;
  }

  /** All events from a sequence number on, as they come, to the last one of the build; rejects when aborted. */
  async *watch(from: number, signal: AbortSignal): AsyncGenerator<BuildEvent> {
    for (let sequence = Math.max(1, from); ; ) {
      signal.throwIfAborted();
      if (sequence <= this.#last) {
        const event =
          this.#pending.get(sequence)?.message ?? this.#options.store.builds.event(this.#build, sequence);
        if (event) yield event;
        sequence++;
      } else if (this.#ended) return;
      else await once(this.#changes, "change", { signal });
    }
  }
}
