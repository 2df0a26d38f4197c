import type { BuildQueue, QueuedBuild, QueueLimits } from "./build-queue.js";
import { Place } from "./place.js";
import { positionOf, reportMs } from "./positions.js";
import { hostStopped, queueFull } from "./queue-errors.js";
import { capOf, inOrder, nextOf, type QueueEntry, Shares } from "./queue-policy.js";

/** The queue of a host without a database. */
export class LocalQueue implements BuildQueue {
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

  enter(wanted: QueuedBuild, members = 1): Place {
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

  refresh(): void {
    this.#assign();
    this.#rest();
  }

  enterAgain(wanted: QueuedBuild): Place {
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
      if (isWanted(place)) place.report(positionOf(entry, index + 1, this.#shares, this.#limits));
    });
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
