import { QueueReason } from "../../../gen/slipway/v1/build_event_pb.js";
import { Place, type Position } from "./place.js";
import { hostStopped, queueFull } from "./queue-errors.js";
import {
  capOf,
  inOrder,
  nextOf,
  projectCap,
  type QueueCap,
  type QueueCaps,
  type QueueEntry,
  type SharedProject,
  Shares,
} from "./queue-policy.js";

/** How often builds that wait learn that their place has changed, in milliseconds. */
const reportMs = 5_000;

/** How many builds may run and wait at the same time. */
export interface QueueLimits extends QueueCaps {
  /** Infinity for no limit. */
  readonly waiting: number;
  /** What is set for a shared project, and how many of its builds may wait. */
  shared(project: string): SharedProject & { readonly queuedBuilds: number };
}

/** How full a queue is. */
export interface QueueUsage {
  /** Places that are taken. */
  readonly running: number;
  readonly waiting: number;
}

/** Gives builds their places among the running ones, by the rules of queue-policy.ts. */
export class BuildQueue {
  readonly #limits: QueueLimits;
  readonly #shares = new Shares();
  readonly #waiting = new Map<QueueEntry, Place>();
  #entered = 0;
  #isClosed = false;
  #soon: NodeJS.Immediate | undefined;
  #often: NodeJS.Timeout | undefined;

  constructor(limits: QueueLimits) {
    this.#limits = limits;
  }

  get usage(): QueueUsage {
    return { running: this.#shares.total, waiting: this.#waiting.size };
  }

  /**
   * A place, which may have to be waited for. RESOURCE_EXHAUSTED, reason QUEUE_FULL, when there are too many that wait.
   * @param members number of builds that share the place; each leaves it
   */
  enter(wanted: Omit<QueueEntry, "order">, members = 1): Place {
    const entry = { ...wanted, order: this.#entered++ };
    const mustWait = capOf(entry, this.#shares, this.#limits) !== undefined;
    if (mustWait) this.#requireRoom(entry);
    return this.#enter(entry, members);
  }

  #requireRoom({ owner, project, isShared }: QueueEntry): void {
    const { waiting, shared } = this.#limits;
    if (this.#waiting.size >= waiting)
      throw queueFull(
        waiting,
        this.#count((other) => other.owner === owner),
      );
    if (!isShared) return;
    const { queuedBuilds } = shared(project);
    const used = this.#count((other) => other.isShared && other.project === project);
    if (used >= queuedBuilds) throw queueFull(queuedBuilds, used, project);
  }

  #count(isMeant: (entry: QueueEntry) => boolean): number {
    return [...this.#waiting.keys()].filter(isMeant).length;
  }

  /** Gives places that a higher limit has made free. */
  refresh(): void {
    this.#assign();
    this.#rest();
  }

  /** A place for a build that an earlier host accepted, also when there are too many that wait. */
  enterAgain(wanted: Omit<QueueEntry, "order">): Place {
    return this.#enter({ ...wanted, order: this.#entered++ }, 1);
  }

  #enter(entry: QueueEntry, members: number): Place {
    const place = new Place(members, () => this.#leave(entry, place));
    this.#waiting.set(entry, place);
    this.#assign();
    if (place.isAssigned) return place;
    if (this.#isClosed) {
      this.#waiting.delete(entry);
      place.refuse(hostStopped("waited"));
      return place;
    }
    // Those that come at the same time are told together.
    this.#soon ??= setImmediate(() => {
      this.#soon = undefined;
      this.#report((waiting) => !waiting.isReported);
    });
    this.#often ??= setInterval(() => this.#report(() => true), reportMs).unref();
    return place;
  }

  /** Ends the wait of all builds, and of those that come: ABORTED, reason HOST_STOPPED. */
  close(): void {
    this.#isClosed = true;
    const places = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const place of places) place.refuse(hostStopped("waited"));
    this.#rest();
  }

  #leave(entry: QueueEntry, place: Place): void {
    if (place.isAssigned) this.#shares.remove(entry);
    else this.#waiting.delete(entry);
    this.#assign();
    this.#rest();
  }

  #assign(): void {
    for (;;) {
      const next = nextOf(this.#waiting.keys(), this.#shares, this.#limits);
      if (!next) return;
      const place = this.#waiting.get(next)!;
      this.#waiting.delete(next);
      this.#shares.add(next);
      place.assign();
    }
  }

  #report(isWanted: (place: Place) => boolean): void {
    inOrder(this.#waiting.keys(), this.#shares, this.#limits).forEach((entry, index) => {
      const place = this.#waiting.get(entry)!;
      if (isWanted(place)) place.report(this.#positionOf(entry, index + 1));
    });
  }

  #positionOf(entry: QueueEntry, place: number): Position {
    // The cap of the host is what remains: those before it have what is free.
    const cap = capOf(entry, this.#shares, this.#limits) ?? "host";
    return { place, reason: reasons[cap], message: this.#message(entry, cap) };
  }

  #message(entry: QueueEntry, cap: QueueCap): string {
    const { project, builder } = entry;
    const { host, builder: ofBuilder } = this.#limits;
    if (cap === "project")
      return `The project ${project} has as many running builds as it may: ${projectCap(entry, this.#limits)}.`;
    if (cap === "builder")
      return `The builder ${builder} has as many running builds as it may: ${ofBuilder(builder)}.`;
    return `The host has as many running builds as it may: ${host}.`;
  }

  /** Stops reporting when nothing waits. */
  #rest(): void {
    if (this.#waiting.size > 0) return;
    this.#shares.forgetTurns();
    clearImmediate(this.#soon);
    clearInterval(this.#often);
    this.#soon = undefined;
    this.#often = undefined;
  }
}

const reasons: Record<QueueCap, QueueReason> = {
  host: QueueReason.HOST,
  project: QueueReason.PROJECT,
  builder: QueueReason.BUILDER,
};
