import { localPrincipal, type Principal } from "../access/principal.js";
import type { LimitName, Limits } from "./limits.js";
import { quotaExceeded } from "./quota-exceeded.js";

/** What a {@link Quota} counts. */
export interface QuotaKind {
  /** Limit of all principals together. */
  all: LimitName;
  /** Limit of each principal, except the local user. */
  each: LimitName;
  /** What is counted, for people: "running builds". */
  what: string;
  /** What to do when it is used up; one sentence. */
  remedy: string;
}

/** Counts what principals use, and refuses what is above the limits of one principal or of all. */
export class Quota {
  readonly #kind: QuotaKind;
  readonly #all: number;
  readonly #each: number;
  readonly #used = new Map<string, number>();
  #total = 0;

  constructor(kind: QuotaKind, limits: Limits) {
    this.#kind = kind;
    this.#all = limits[kind.all];
    this.#each = limits[kind.each];
  }

  /** What all principals use. */
  get total(): number {
    return this.#total;
  }

  /** What one principal uses. */
  usedBy(principal: Principal): number {
    return this.#used.get(principal.id) ?? 0;
  }

  /** What a principal may use at most; Infinity for no limit. */
  limitOf(principal: Principal): number {
    return principal.id === localPrincipal.id ? this.#all : Math.min(this.#each, this.#all);
  }

  /** The limit of one principal, or of all together. */
  limit(which: "each" | "all"): number {
    return which === "each" ? this.#each : this.#all;
  }

  /** Which limit an amount would exceed by this share of it; undefined when there is room. */
  exceeded(principal: Principal, amount: number, share = 1): "each" | "all" | undefined {
    if (amount <= 0) return undefined;
    if (principal.id !== localPrincipal.id && this.usedBy(principal) + amount > share * this.#each)
      return "each";
    return this.#total + amount > share * this.#all ? "all" : undefined;
  }

  /** Takes an amount if it fits into this share of the limits. Otherwise returns which limit it would exceed. */
  takeIfFits(principal: Principal, amount: number, share: number): "each" | "all" | undefined {
    const which = this.exceeded(principal, amount, share);
    if (!which) this.#add(principal, amount);
    return which;
  }

  /**
   * Takes an amount. RESOURCE_EXHAUSTED, reason QUOTA_EXCEEDED, when it would exceed a limit.
   * @param retryAfterMs when there will be room, if that is known
   */
  take(
    principal: Principal,
    amount: number,
    retryAfterMs?: (which: "each" | "all") => number | undefined,
  ): void {
    const which = this.exceeded(principal, amount);
    if (which)
      throw quotaExceeded({
        ...this.#kind,
        principal,
        quota: this.#kind[which],
        limit: this.limit(which),
        isShared: which === "all",
        used: this.usedBy(principal),
        requested: amount,
        retryAfterMs: retryAfterMs?.(which),
      });
    this.#add(principal, amount);
  }

  /** Gives an amount back. */
  give(principal: Principal, amount: number): void {
    this.#add(principal, -amount);
  }

  #add(principal: Principal, amount: number): void {
    const used = this.usedBy(principal) + amount;
    if (used > 0) this.#used.set(principal.id, used);
    else this.#used.delete(principal.id);
    this.#total += amount;
  }
}
