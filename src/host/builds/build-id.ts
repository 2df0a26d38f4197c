import { randomInt } from "node:crypto";

const digits = "0123456789abcdefghijklmnopqrstuvwxyz";
const timeDigits = 9;

/**
 * A new id: 25 characters of base 36, as BuildKit's own clients use for references; the first nine are the time in
 * milliseconds, so ids sort by age.
 * @param newest an id that the new one sorts after, even if the clock was set back since
 */
export function newBuildId(newest = "", now = Date.now()): string {
  const time = Math.max(now, newest ? timeOfBuildId(newest) + 1 : 0);
  const random = Array.from({ length: 16 }, () => digits[randomInt(digits.length)]);
  return time.toString(36).padStart(timeDigits, "0") + random.join("");
}

/** When a build was started, by its id, in milliseconds since 1970. */
export function timeOfBuildId(id: string): number {
  return Number.parseInt(id.slice(0, timeDigits), 36);
}
