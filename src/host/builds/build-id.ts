import { randomInt } from "node:crypto";

const digits = "0123456789abcdefghijklmnopqrstuvwxyz";

/**
 * A new id: 25 characters of base 36, as BuildKit's own clients use for references; the first nine are the time in
 * milliseconds, so ids sort by age.
 */
export function newBuildId(now = Date.now()): string {
  const random = Array.from({ length: 16 }, () => digits[randomInt(digits.length)]);
  return now.toString(36).padStart(9, "0") + random.join("");
}
