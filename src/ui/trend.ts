import { BuildState } from "../gen/slipway/v1/build_event_pb.js";
import type { ListEntry } from "./list-entry.js";

/** How long a build took after it had left the queue, compared with earlier ones of its project. */
export interface Trend {
  /** Durations of the earlier ones and of this one, the oldest first, in milliseconds. */
  durations: readonly number[];
  /** Its duration divided by the median of the earlier ones. */
  ratio: number;
}

/** How many earlier builds count. */
const most = 9;

/**
 * The trends of the builds that succeeded, by the keys of their entries, which are the newest first. Builds of one project
 * have one builder and one name, but for a tag or digest. The first one of a project has no trend.
 */
export function trendsOf(entries: readonly ListEntry[]): Map<string, Trend> {
  const projects = new Map<string, number[]>();
  const trends = new Map<string, Trend>();
  for (const { key, name, builder, state, buildStart, end } of [...entries].reverse()) {
    if (state !== BuildState.SUCCEEDED || buildStart === undefined || end === undefined) continue;
    const project = `${builder} ${projectOf(name)}`;
    const earlier = projects.get(project) ?? [];
    const duration = Math.max(1, end - buildStart);
    const durations = [...earlier.slice(-most), duration];
    projects.set(project, durations);
    if (earlier.length > 0) trends.set(key, { durations, ratio: duration / median(durations.slice(0, -1)) });
  }
  return trends;
}

/** "+25 %": how much longer than the earlier ones. */
export function trendText({ ratio }: Trend): string {
  const percent = Math.round((ratio - 1) * 100);
  return `${percent > 0 ? "+" : percent < 0 ? "−" : "±"}${Math.abs(percent)} %`;
}

/** The name of a project: that of its builds without a tag or digest. */
export function projectOf(name: string): string {
  return name.replace(/@[^/]*$/, "").replace(/:[^/:]*$/, "");
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
