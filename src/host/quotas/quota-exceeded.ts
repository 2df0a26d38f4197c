import { Code, type ConnectError } from "@connectrpc/connect";
import { typedError } from "../../errors/typed-error.js";
import { sizeText } from "../../util/size-text.js";
import type { Principal } from "../access/principal.js";
import { type LimitName, limitTable } from "./limits.js";

/** A quota that is used up. */
export interface Exceeded {
  principal: Principal;
  quota: LimitName;
  limit: number;
  /** The limit is that of all principals together. */
  isShared: boolean;
  /** What the principal itself uses. */
  used: number;
  requested: number;
  /** What is counted, for people. */
  what: string;
  remedy: string;
  retryAfterMs?: number;
}

/**
 * RESOURCE_EXHAUSTED, reason QUOTA_EXCEEDED. It reports the caller's usage; about other principals it reveals only that
 * the host is full.
 */
export function quotaExceeded(exceeded: Exceeded): ConnectError {
  const { principal, quota, limit, isShared, used, requested, what, remedy, retryAfterMs } = exceeded;
  const isBytes = limitTable[quota].unit === "bytes";
  const text = isBytes ? sizeText : String;
  const wanted = isBytes ? `, ${text(requested)} more are requested` : "";
  const most = isShared
    ? `the host is at its limit of ${text(limit)} for all principals`
    : `the limit for one principal is ${text(limit)}`;
  const message = `There is no room for more ${what}: the caller has ${text(used)}${wanted}, and ${most}.`;
  return typedError({
    code: Code.ResourceExhausted,
    reason: "QUOTA_EXCEEDED",
    message,
    remedy,
    retryAfterMs,
    quota: { subject: isShared ? "host" : principal.id, description: message },
    metadata: { quota, limit: String(limit), used: String(used), requested: String(requested) },
  });
}
