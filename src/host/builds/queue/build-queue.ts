import type { Awaitable } from "../../store/build-store.js";
import type { Place } from "./place.js";
import type { QueueCaps, QueueEntry, SharedProject } from "./queue-policy.js";

/** How many builds may run and wait at the same time. */
export interface QueueLimits extends QueueCaps {
  /** Infinity for no limit. */
  readonly waiting: number;
  /** What is set for a shared project, and how many of its builds may wait. */
  shared(project: string): SharedProject & { readonly queuedBuilds: number };
}

/** What a queue knows about a build. */
export interface QueuedBuild extends Omit<QueueEntry, "order"> {
  /** Of the build, or of the first of those that share a place. */
  readonly id: string;
}

/** Gives builds their places among the running ones, by the rules of queue-policy.ts. */
export interface BuildQueue {
  /**
   * A place, which may have to be waited for. RESOURCE_EXHAUSTED, reason QUEUE_FULL, when there are too many that wait.
   * @param members number of builds that share the place; each leaves it
   */
  enter(build: QueuedBuild, members?: number): Awaitable<Place>;
  /** A place for a build that an earlier host accepted, also when there are too many that wait. */
  enterAgain(build: QueuedBuild): Place;
  /** Gives places that a higher limit has made free. */
  refresh(): void;
  /** Ends the wait of all builds, and of those that come: ABORTED, reason HOST_STOPPED. */
  close(): void;
}
