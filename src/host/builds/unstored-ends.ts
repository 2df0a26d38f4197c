import type { Build } from "../../gen/slipway/v1/build_pb.js";
import type { Log } from "../base/log.js";
import { isTakenOver } from "../store/taken-over.js";
import type { EventLog } from "./event-log.js";

/** A build that has ended. */
export interface EndedBuild {
  readonly events: EventLog;
  /** A copy of its record. */
  snapshot(): Build;
  /** Stores its record and the events that are not stored yet; can be called again after it has rejected. */
  store(): Promise<void>;
}

/** How long to wait until storing is tried again, in milliseconds. */
const retryMs = 5_000;

/**
 * Builds whose end could not be stored, such as on a full disk. They are shown from memory, and stored as soon as that is
 * possible. Without that, they would seem to run forever.
 */
export class UnstoredEnds {
  readonly #builds = new Map<string, EndedBuild>();
  readonly #log: Log;
  #timer: NodeJS.Timeout | undefined;
  #trying: Promise<void> | undefined;

  constructor(log: Log) {
    this.#log = log;
  }

  /** A build that is shown from memory. */
  get(id: string): EndedBuild | undefined {
    return this.#builds.get(id);
  }

  /** All builds that are shown from memory. */
  all(): Iterable<EndedBuild> {
    return this.#builds.values();
  }

  /** Stores the end of a build, or keeps it until it can be stored. */
  async add(build: EndedBuild): Promise<void> {
    const { id } = build.snapshot();
    try {
      await build.store();
    } catch (error) {
      if (isTakenOver(error)) return build.events.suspend(error);
      this.#log.warn("The end of a build cannot be stored yet", { build: id, error: String(error) });
      this.#builds.set(id, build);
      this.#timer ??= setInterval(() => void this.retry(), retryMs).unref();
    }
  }

  /** Stores what can be stored now. */
  retry(): Promise<void> {
    this.#trying ??= this.#storeAll().finally(() => {
      this.#trying = undefined;
    });
    return this.#trying;
  }

  /** Tries for the last time. An attempt that is under way may have begun before the last builds were added. */
  async close(): Promise<void> {
    await this.#trying;
    await this.retry();
    this.#stop();
  }

  /** All at the same time: one that cannot be stored delays no other. */
  async #storeAll(): Promise<void> {
    await Promise.all([...this.#builds].map(([id, build]) => this.#store(id, build)));
    if (this.#builds.size === 0) this.#stop();
  }

  async #store(id: string, build: EndedBuild): Promise<void> {
    try {
      await build.store();
    } catch (error) {
      if (!isTakenOver(error)) return;
      await build.events.suspend(error);
    }
    this.#builds.delete(id);
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
