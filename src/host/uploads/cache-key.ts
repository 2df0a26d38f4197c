import { invalidField } from "../../errors/typed-error.js";

/** Longest cache key, in characters. */
const maxLength = 1024;

/** Throws INVALID_ARGUMENT, reason UPLOAD_CACHE_KEY_TOO_LONG. */
export function checkCacheKey(key: string): void {
  if (key.length <= maxLength) return;
  const message = `The cache key has more than ${maxLength} characters.`;
  throw invalidField("cache_key", "UPLOAD_CACHE_KEY_TOO_LONG", message);
}
