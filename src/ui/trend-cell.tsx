import { type Trend, trendText } from "./trend.js";

/** Size of a bar, in pixels. */
const bar = { width: 4, pitch: 6, height: 16 };

/** The durations of a project's builds as bars, and how this one compares. */
export function TrendView({ trend }: { trend: Trend }) {
  const { durations } = trend;
  const longest = Math.max(...durations);
  return (
    <span class="trend" title="Compared with the median of the earlier builds in this list">
      <svg width={durations.length * bar.pitch} height={bar.height} aria-hidden="true">
        {durations.map((duration, index) => {
          const height = Math.max(1, (duration / longest) * bar.height);
          const isThis = index === durations.length - 1;
          return (
            <rect
              key={index}
              class={isThis ? "this" : ""}
              x={index * bar.pitch}
              y={bar.height - height}
              width={bar.width}
              height={height}
            />
          );
        })}
      </svg>
      {trendText(trend)}
    </span>
  );
}
