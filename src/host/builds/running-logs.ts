import type { Principal } from "../access/principal.js";
import type { Limits } from "../quotas/limits.js";
import { Quota } from "../quotas/quota.js";

/** What the first events of each build can take, in bytes. */
const reserve = 64 << 10;

/** The events of running builds, in bytes. */
const runningLogs = {
  all: "running-log",
  each: "principal-running-log",
  what: "output of running builds",
  remedy: "Start it when one of the running builds ends.",
} as const;

/** Counts the events of all running builds, whose logs share the disk. */
export class RunningLogs {
  readonly #quota: Quota;

  constructor(limits: Limits) {
    this.#quota = new Quota(runningLogs, limits);
  }

  /** Reserves space for the first events of a build. RESOURCE_EXHAUSTED, reason QUOTA_EXCEEDED, when none is left. */
  open(owner: Principal): LogRoom {
    this.#quota.take(owner, reserve);
    return new LogRoom(this.#quota, owner);
  }
}

/** What the events of one build take. Its owner closes it when the build has ended. */
export class LogRoom {
  readonly #quota: Quota;
  readonly #owner: Principal;
  #taken = reserve;
  #used = 0;

  constructor(quota: Quota, owner: Principal) {
    this.#quota = quota;
    this.#owner = owner;
  }

  /** Counts an event, unless it exceeds this share of a limit: then returns the limit, in bytes and of what it is. */
  take(bytes: number, share: number): { limit: number; of: string } | undefined {
    const more = Math.max(0, this.#used + bytes - this.#taken);
    const which = this.#quota.takeIfFits(this.#owner, more, share);
    if (which) {
      const of = which === "each" ? "the running builds of a principal" : "the running builds of the host";
      return { limit: this.#quota.limit(which), of };
    }
    this.#taken += more;
    this.#used += bytes;
    return undefined;
  }

  /** Gives the room back. Further calls do nothing. */
  close(): void {
    this.#quota.give(this.#owner, this.#taken);
    this.#taken = 0;
  }
}
