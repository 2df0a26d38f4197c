import { EventEmitter, once } from "node:events";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampNow } from "@bufbuild/protobuf/wkt";
import { type BuildEvent, BuildEventSchema } from "../../gen/slipway/v1/build_event_pb.js";
import type { Build } from "../../gen/slipway/v1/build_pb.js";
import type { BuildsState, StoredEvent } from "../store/build-store.js";
import { type EncodedEvent, encoded } from "./encoded-event.js";
import { FailedVertexes } from "./failed-vertex.js";
import { type EventLimits, ProgressClip } from "./progress-clip.js";
import { EventRedaction } from "./redaction/event-redaction.js";
import { Redaction } from "./redaction/redaction.js";
import type { LogRoom } from "./running-logs.js";
import { StepTally } from "./step-tally.js";

/** The event of a {@link BuildEvent}, without its sequence number and time. */
export type EventInit = NonNullable<MessageInitShape<typeof BuildEventSchema>["event"]>;

/** How often events are stored, in milliseconds. Those that come sooner wait, and are stored together. */
const batchMs = 50;
/** From this many bytes on, waiting events are stored at once. */
const batchBytes = 1 << 20;
/** How many events may wait for the disk before {@link EventLog.append} delays its caller. */
const maxPending = 1000;
/** How many bytes of events may wait for the disk, likewise. */
const maxPendingBytes = 8 << 20;

/** The events that an earlier host stored of a build. */
export interface EarlierEvents {
  /** Sequence number of the last one. */
  readonly last: number;
  /** Their size, in bytes. */
  readonly bytes: number;
}

/** What an {@link EventLog} works with. */
export interface EventLogOptions {
  store: BuildsState;
  limits: EventLimits;
  /** What it may take of the logs of all running builds; default: without a limit. */
  room?: LogRoom;
  /** Masks what no event may contain; default nothing but credentials in URLs. */
  redaction?: Redaction;
  /** What an earlier host stored of them. */
  earlier?: EarlierEvents;
  /** Called when an event cannot be stored, such as on a full disk; watchers get the event with the last one. */
  onFailure(cause: unknown): void;
}

/**
 * The events of one running build: numbered, stored, and sent to any number of watchers. Watchers get what is stored: if
 * the host is killed, the next one continues with the number after the last one that anybody has seen. Only that an output
 * can be read, they get at once, with all before it.
 */
export class EventLog {
  readonly #options: EventLogOptions;
  readonly #build: string;
  readonly #clip: ProgressClip;
  readonly #redaction: EventRedaction;
  /** What is not stored yet, by sequence number. */
  readonly #pending = new Map<number, EncodedEvent>();
  /** What was stored last: watchers read it now. */
  readonly #fresh = new Map<number, EncodedEvent>();
  #pendingBytes = 0;
  #batch: NodeJS.Timeout | undefined;
  #storing: Promise<void> | undefined;
  /** When the next batch may be stored, by the clock of `performance`. */
  #nextBatchMs = 0;
  #last: number;
  /** Sequence number of the newest event that watchers get. */
  #visible: number;
  #bytes: number;
  #ended = false;
  /** It records nothing more, although the build has not ended. */
  #isClosed = false;
  /** Why watchers get no more then. */
  #suspension: { cause: unknown } | undefined;
  #failedVertexes = new FailedVertexes();
  #steps = new StepTally();
  readonly #changes = new EventEmitter().setMaxListeners(0);

  constructor(build: string, options: EventLogOptions) {
    this.#build = build;
    this.#options = options;
    this.#last = options.earlier?.last ?? 0;
    this.#visible = this.#last;
    this.#bytes = options.earlier?.bytes ?? 0;
    this.#clip = new ProgressClip(options.limits, options.room);
    this.#redaction = new EventRedaction(options.redaction ?? new Redaction([]));
  }

  /** Sequence number of the newest event; 0 when there is none. */
  get last(): number {
    return this.#last;
  }

  /** The steps of the current attempt that failed. */
  get failedVertexes(): FailedVertexes {
    return this.#failedVertexes;
  }

  /** How many steps of the current attempt have ended, and how. */
  get steps(): StepTally {
    return this.#steps;
  }

  /**
   * Records an event without secrets; progress above the build's limits is left out. Watchers get it when it is stored,
   * and the last one at once, with all before it; {@link end} stores that one. The promise resolves when the next one may
   * be appended, and never rejects.
   */
  async append(event: EventInit): Promise<void> {
    if (this.#ended || this.#isClosed) return;
    const next = this.#next(event);
    if (next.event.case === "progress") {
      this.#failedVertexes.watch(next.event.value);
      this.#steps.watch(next.event.value);
    }
    if (next.event.case === "restarted") {
      this.#failedVertexes = new FailedVertexes();
      this.#steps = new StepTally();
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
   */
  async end(build: Build): Promise<void> {
    clearTimeout(this.#batch);
    const events = this.#unstored();
    await this.#options.store.builds.end(build, events, this.#bytes);
    this.#forget(events);
    this.#show(this.#last);
  }

  /**
   * Stores what is left, and records nothing more: the next host continues.
   * @param until when the watches end, with the error
   */
  async suspend(cause: unknown, until: Promise<void> = Promise.resolve()): Promise<void> {
    this.#isClosed = true;
    await this.#storing;
    await this.#store();
    await until;
    this.#suspension = { cause };
    this.#changes.emit("change");
  }

  #next(event: EventInit): BuildEvent {
    return create(BuildEventSchema, { sequence: BigInt(this.#last + 1), time: timestampNow(), event });
  }

  async #record(event: EncodedEvent): Promise<void> {
    this.#pending.set(++this.#last, event);
    this.#pendingBytes += event.bytes.length;
    this.#bytes += event.bytes.length;
    const { case: what } = event.message.event;
    if (what === "finished") return this.#markEnded();
    const isMuch = this.#pending.size > maxPending || this.#pendingBytes > maxPendingBytes;
    if (isMuch) await this.#store();
    else if (this.#pendingBytes > batchBytes) void this.#store();
    else this.#storeSoon();
    // BuildKit waits until a client reads the output; and the next host would not run such a build again.
    if (what === "outputReady") this.#show(this.#last);
  }

  #markEnded(): void {
    this.#ended = true;
    // Another host may have taken the build over: then this is not how it ends.
    if (!this.#options.store.builds.team) this.#show(this.#last);
  }

  #show(sequence: number): void {
    this.#visible = Math.max(this.#visible, sequence);
    this.#changes.emit("change");
  }

  #storeSoon(): void {
    if (this.#storing) return;
    const waitMs = this.#nextBatchMs - performance.now();
    if (waitMs <= 0) void this.#store();
    else this.#batch ??= setTimeout(() => void this.#store(), waitMs);
  }

  /** Stores what waits; one batch at a time. */
  #store(): Promise<void> {
    clearTimeout(this.#batch);
    this.#batch = undefined;
    this.#storing ??= this.#storeBatch().then((isStored) => {
      this.#storing = undefined;
      // They came while the others were written.
      if (isStored && !this.#ended && this.#pending.size > 0) this.#storeSoon();
    });
    return this.#storing;
  }

  /** Resolves with whether it is stored; never rejects. */
  async #storeBatch(): Promise<boolean> {
    const events = this.#unstored();
    const newest = events.at(-1);
    if (!newest) return true;
    this.#nextBatchMs = performance.now() + batchMs;
    try {
      await this.#options.store.builds.putEvents(this.#build, events);
      this.#forget(events);
      if (!this.#ended) this.#show(newest.sequence);
      return true;
    } catch (cause) {
      this.#options.onFailure(cause);
      return false;
    }
  }

  #unstored(): StoredEvent[] {
    return [...this.#pending].map(([sequence, { bytes }]) => ({ sequence, bytes }));
  }

  #forget(stored: readonly StoredEvent[]): void {
    this.#fresh.clear();
    for (const { sequence, bytes } of stored) {
      const event = this.#pending.get(sequence);
      if (!event) continue;
      this.#pending.delete(sequence);
      this.#pendingBytes -= bytes.length;
      this.#fresh.set(sequence, event);
    }
  }

  #stored(from: number): Iterable<BuildEvent> | AsyncIterable<BuildEvent> {
    return this.#options.store.builds.events(this.#build, from, this.#visible);
  }

  /**
   * All events from a sequence number on, as they come, to the last one of the build; rejects when aborted, and when the
   * log is suspended.
   */
  async *watch(from: number, signal: AbortSignal): AsyncGenerator<BuildEvent> {
    for (let sequence = Math.max(1, from); ; ) {
      signal.throwIfAborted();
      if (sequence <= this.#visible) {
        const inMemory = this.#pending.get(sequence) ?? this.#fresh.get(sequence);
        if (inMemory) yield inMemory.message;
        else
          for await (const event of this.#stored(sequence)) {
            signal.throwIfAborted();
            yield event;
            sequence = Number(event.sequence);
          }
        sequence++;
      } else if (this.#ended && this.#visible === this.#last) return;
      else if (this.#suspension) throw this.#suspension.cause;
      else await once(this.#changes, "change", { signal });
    }
  }
}
