import type { Metric, Sample } from "./samples.js";

/** How much larger the last third may be than the first one. */
interface Bound {
  factor: number;
  plus: number;
}

const mebibyte = 1 << 20;

/** The bounds of a flat curve. The constant part is for what differs with the builds that happen to run. */
const bounds: Record<Metric, Bound> = {
  heap_bytes: { factor: 1.1, plus: 4 * mebibyte },
  rss_bytes: { factor: 1.15, plus: 16 * mebibyte },
  plugin_rss_bytes: { factor: 1.15, plus: 16 * mebibyte },
  descriptors: { factor: 1, plus: 8 },
  delay_p99_ms: { factor: 1.5, plus: 20 },
};

/** Share of the samples at the start that is left out: caches fill, and V8 compiles. */
const warmUp = 0.1;

/** How a value developed: the medians of the first and the last third, and whether that is flat. */
export interface Verdict {
  metric: Metric;
  first: number;
  last: number;
  limit: number;
  isFlat: boolean;
}

/** Compares the first third of the samples with the last one. Throws when there are too few. */
export function judge(samples: readonly Sample[]): Verdict[] {
  const counted = samples.slice(Math.floor(samples.length * warmUp));
  const third = Math.floor(counted.length / 3);
  if (third < 3) throw new Error(`${samples.length} samples are too few; run longer, or sample more often`);
  return (Object.keys(bounds) as Metric[]).map((metric) => {
    const values = counted.map((sample) => sample[metric]);
    const first = median(values.slice(0, third));
    const last = median(values.slice(-third));
    const limit = first * bounds[metric].factor + bounds[metric].plus;
    return { metric, first, last, limit, isFlat: last <= limit };
  });
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2;
}
