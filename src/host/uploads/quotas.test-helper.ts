import { type Limits, limitsWith } from "../quotas/limits.js";
import { UploadQuotas } from "./upload-quotas.js";

/** The quotas of uploads, without uploads that could make room for others. */
export function quotasWith(limits: Partial<Limits> = {}): UploadQuotas {
  return new UploadQuotas(limitsWith(limits), { evict: () => false, nextEviction: () => undefined });
}
