import { EventEmitter, once } from "node:events";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampNow } from "@bufbuild/protobuf/wkt";
import { type BuildEvent, BuildEventSchema } from "../../gen/slipway/v1/build_event_pb.js";
import type { Store } from "../store/store.js";

/** The event of a {@link BuildEvent}, without its sequence number and time. */
export type EventInit = NonNullable<MessageInitShape<typeof BuildEventSchema>["event"]>;

/** How many events may wait for the disk before {@link EventLog.append} delays its caller. */
const maxPending = 256;

/** The events of one running build: numbered, stored, and sent to any number of watchers. */
export class EventLog {
  readonly #store: Store;
  readonly #build: string;
  readonly #pending = new Map<number, BuildEvent>();
  #last: number;
  #ended = false;
  readonly #onFailure: (cause: unknown) => void;
  readonly #changes = new EventEmitter().setMaxListeners(0);

  /** @param onFailure called when an event cannot be stored, such as on a full disk; watchers still get the event */
  constructor(store: Store, build: string, onFailure: (cause: unknown) => void) {
    this.#onFailure = onFailure;
    this.#store = store;
    this.#build = build;
    this.#last = 0;
  }

  /** Sequence number of the newest event; 0 when there is none. */
  get last(): number {
    return this.#last;
  }

  /** Records an event. Watchers get it at once; the promise resolves when the next one may be appended, and never rejects. */
  async append(event: EventInit): Promise<void> {
    if (this.#ended) return;
    const sequence = ++this.#last;
    const message = create(BuildEventSchema, { sequence: BigInt(sequence), time: timestampNow(), event });
    if (event.case === "finished") this.#ended = true;
    this.#pending.set(sequence, message);
    const stored = this.#store
      .putEvent(this.#build, message)
      .then(() => void this.#pending.delete(sequence), this.#onFailure);
    this.#changes.emit("change");
    if (this.#pending.size > maxPending || this.#ended) await stored;
  }

  /** All events from a sequence number on, as they come, to the last one of the build; rejects when aborted. */
  async *watch(from: number, signal: AbortSignal): AsyncGenerator<BuildEvent> {
    for (let sequence = Math.max(1, from); ; ) {
      signal.throwIfAborted();
      if (sequence <= this.#last) {
        const event = this.#pending.get(sequence) ?? this.#store.event(this.#build, sequence);
        if (event) yield event;
        sequence++;
      } else if (this.#ended) return;
      else await once(this.#changes, "change", { signal });
    }
  }
}
