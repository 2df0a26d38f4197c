import type { Limits } from "../quotas/limits.js";
import { Quota } from "../quotas/quota.js";

/** Counts the calls that are open, from their authentication on. */
export function callQuota(limits: Limits): Quota {
  const remedy = "Try again when one of the open calls has ended.";
  return new Quota({ all: "calls", each: "principal-calls", what: "open calls", remedy }, limits);
}
