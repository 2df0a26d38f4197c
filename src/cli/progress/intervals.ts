/** A stretch of time; without `stop` it still runs. Times are milliseconds since the epoch, with fractions. */
export interface Interval {
  start: number;
  stop?: number;
}

/** Joins intervals that overlap, in order of time. One that still runs takes in all that begin after it. */
export function mergeIntervals(intervals: Iterable<Interval>): Interval[] {
  const merged: Interval[] = [];
  for (const next of [...intervals].sort((a, b) => a.start - b.start)) {
    const last = merged.at(-1);
    if (!last || (last.stop !== undefined && last.stop < next.start)) merged.push({ ...next });
    else if (last.stop === undefined) break;
    else last.stop = next.stop === undefined ? undefined : Math.max(last.stop, next.stop);
  }
  return merged;
}

/** Seconds that the intervals cover, up to `now` for one that still runs. */
export function totalSeconds(merged: readonly Interval[], now: number): number {
  return merged.reduce((sum, { start, stop = now }) => sum + (stop - start) / 1000, 0);
}
