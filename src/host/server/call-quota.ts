import type { Limits } from "../quotas/limits.js";
import { Quota } from "../quotas/quota.js";

/** Counts the calls that are open, from their authentication on. */
export function callQuota(limits: Limits): Quota {
  const remedy = "Try again when one of the open calls has ended.";
  return new Quota({ all: "calls", each: "principal-calls", what: "open calls", remedy }, limits);
}

/** Counts the bytes of requests until their calls end. */
export function requestQuota(limits: Limits): Quota {
  const remedy = "Try again when one of the open calls has ended.";
  const limit = { all: "request-memory", each: "principal-request-memory" } as const;
  return new Quota({ ...limit, what: "bytes of requests", remedy }, limits);
}
