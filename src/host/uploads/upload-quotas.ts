import type { Principal } from "../access/principal.js";
import type { Limits } from "../quotas/limits.js";
import { Quota, type QuotaKind } from "../quotas/quota.js";

const kinds = {
  uploads: {
    all: "uploads",
    each: "principal-uploads",
    what: "uploads",
    remedy: "Delete uploads, or try again when builds that use them have ended.",
  },
  open: {
    all: "open-uploads",
    each: "principal-open-uploads",
    what: "unfinished uploads",
    remedy: "Finish or delete uploads, or try again later.",
  },
  bytes: {
    all: "upload-bytes",
    each: "principal-upload-bytes",
    what: "uploaded content",
    remedy: "List what the build does not need in .dockerignore, or try again when builds have ended.",
  },
  memory: {
    all: "upload-memory",
    each: "principal-upload-memory",
    what: "memory for the entries of uploads",
    remedy: "List what the build does not need in .dockerignore, or try again when builds have ended.",
  },
} as const satisfies Record<string, QuotaKind>;

/** What uploads use: their number, how many are unfinished, bytes on the disk, and bytes of memory. */
export type UploadResource = keyof typeof kinds;

/** Where uploads are that can make room for others. */
export interface UploadRoom {
  /** Removes the least recently used unused upload of an owner, or of anyone; false when there is none. */
  evict(owner: Principal | undefined): boolean;
  /** When the next upload of an owner can be removed, in milliseconds from now; undefined when that is not known. */
  nextEviction(owner: Principal): number | undefined;
}

/** What the uploads of all principals use. Before something is refused, uploads that nobody uses make room. */
export class UploadQuotas {
  readonly #quotas: Record<UploadResource, Quota>;
  readonly #room: UploadRoom;
  /** How many uploads of a principal hold a content, which is counted once. */
  readonly #holders = new Map<string, Map<string, number>>();

  constructor(limits: Limits, room: UploadRoom) {
    this.#room = room;
    const quota = (resource: UploadResource) => new Quota(kinds[resource], limits);
    this.#quotas = {
      uploads: quota("uploads"),
      open: quota("open"),
      bytes: quota("bytes"),
      memory: quota("memory"),
    };
  }

  /** Bytes that the contents of a principal's uploads may have; Infinity for no limit. */
  storageLimitOf(principal: Principal): number {
    return this.#quotas.bytes.limitOf(principal);
  }

  /** What a principal uses. */
  usedBy(principal: Principal, resource: UploadResource): number {
    return this.#quotas[resource].usedBy(principal);
  }

  /** RESOURCE_EXHAUSTED, reason QUOTA_EXCEEDED, when there is no room. */
  take(principal: Principal, resource: UploadResource, amount: number): void {
    const quota = this.#quotas[resource];
    // No eviction makes room for an amount above the limit, or for an unfinished upload.
    const canMakeRoom = resource !== "open" && amount <= quota.limitOf(principal);
    if (canMakeRoom) {
      for (let which = quota.exceeded(principal, amount); which; which = quota.exceeded(principal, amount)) {
        if (!this.#room.evict(which === "each" ? principal : undefined)) break;
      }
    }
    quota.take(principal, amount, () => (canMakeRoom ? this.#room.nextEviction(principal) : undefined));
  }

  give(principal: Principal, resource: UploadResource, amount: number): void {
    this.#quotas[resource].give(principal, amount);
  }

  /** Counts one more upload that has a content. */
  hold(principal: Principal, digest: string, size: number): void {
    const held = this.#holders.get(principal.id)?.get(digest) ?? 0;
    if (held === 0) this.take(principal, "bytes", size);
    // Making room may have removed the principal's last content.
    const contents = this.#holders.get(principal.id) ?? new Map<string, number>();
    this.#holders.set(principal.id, contents.set(digest, held + 1));
  }

  /** Counts one upload less that has a content. */
  drop(principal: Principal, digest: string, size: number): void {
    const contents = this.#holders.get(principal.id);
    const held = contents?.get(digest);
    if (!contents || held === undefined) return;
    if (held > 1) return void contents.set(digest, held - 1);
    contents.delete(digest);
    if (contents.size === 0) this.#holders.delete(principal.id);
    this.give(principal, "bytes", size);
  }
}
