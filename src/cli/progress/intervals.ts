/** A time interval in milliseconds since the epoch, with fractions. Without `stop`, it has not ended. */
export interface Interval {
  start: number;
  stop?: number;
}

/** Merges overlapping intervals, sorted by time. An interval without end absorbs all later ones. */
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

/** Seconds that the intervals cover; an interval without end counts up to `now`. */
export function totalSeconds(merged: readonly Interval[], now: number): number {
  return merged.reduce((sum, { start, stop = now }) => sum + (stop - start) / 1000, 0);
}
