import type { Metric, Sample } from "./samples.js";

const width = 720;
const panelHeight = 150;
const margin = { left: 70, right: 16, top: 28, bottom: 26 };
const mebibyte = 1 << 20;

const panels: { title: string; unit: number; lines: { metric: Metric; name: string; color: string }[] }[] = [
  {
    title: "memory, MiB",
    unit: mebibyte,
    lines: [
      { metric: "rss_bytes", name: "resident", color: "#b45309" },
      { metric: "plugin_rss_bytes", name: "plugin, resident", color: "#6d28d9" },
      { metric: "heap_bytes", name: "heap after a collection", color: "#1d4ed8" },
    ],
  },
  {
    title: "open descriptors",
    unit: 1,
    lines: [{ metric: "descriptors", name: "host", color: "#047857" }],
  },
  {
    title: "event loop delay, 99th percentile, ms",
    unit: 1,
    lines: [{ metric: "delay_p99_ms", name: "host", color: "#be123c" }],
  },
];

/** Draws the samples as an SVG with one panel for each unit. */
export function plot(samples: readonly Sample[], title: string): string {
  const height = 40 + panels.length * panelHeight;
  const content = panels.map((panel, index) => drawPanel(samples, panel, 40 + index * panelHeight));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" font-family="sans-serif" font-size="11">`,
    `<title>${title}: memory, open descriptors and event loop delay</title>`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    text(margin.left, 22, title, { "font-size": 14, "font-weight": "bold" }),
    ...content.flat(),
    "</svg>\n",
  ].join("\n");
}

function drawPanel(
  samples: readonly Sample[],
  { title, unit, lines }: (typeof panels)[number],
  top: number,
): string[] {
  const plotHeight = panelHeight - margin.top - margin.bottom;
  const bottom = top + margin.top + plotHeight;
  const start = samples[0]?.seconds ?? 0;
  const seconds = Math.max(1, (samples.at(-1)?.seconds ?? 0) - start);
  const highest = roundUp(
    Math.max(1, ...lines.flatMap(({ metric }) => samples.map((one) => one[metric] / unit))),
  );
  const x = (at: number) => margin.left + ((at - start) / seconds) * (width - margin.left - margin.right);
  const y = (value: number) => bottom - (value / highest) * plotHeight;
  const grid = [0, 0.5, 1].flatMap((share) => [
    `<path d="M${margin.left} ${y(share * highest)}H${width - margin.right}" stroke="#d4d4d4"/>`,
    text(margin.left - 6, y(share * highest) + 4, String(share * highest), { "text-anchor": "end" }),
  ]);
  const minutes = [0, 0.25, 0.5, 0.75, 1].map((share) =>
    text(x(start + share * seconds), bottom + 15, `${Math.round((share * seconds) / 6) / 10} min`, {
      "text-anchor": share === 1 ? "end" : "middle",
      fill: "#525252",
    }),
  );
  const curves = lines.map(({ metric, color }) => {
    const points = samples.map((one) => `${x(one.seconds).toFixed(1)},${y(one[metric] / unit).toFixed(1)}`);
    return `<polyline points="${points.join(" ")}" fill="none" stroke="${color}" stroke-width="1.5"/>`;
  });
  const names = lines.map(({ name, color }, index) =>
    text(width - margin.right - index * 150, top + 18, name, { "text-anchor": "end", fill: color }),
  );
  return [text(margin.left, top + 18, title, {}), ...grid, ...minutes, ...curves, ...names];
}

/** The next of 1, 2, 5, 10, 20, 50 … */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((factor) => factor * power).find((one) => one >= value) ?? value;
}

function text(x: number, y: number, content: string, attributes: Record<string, string | number>): string {
  const more = Object.entries(attributes).map(([name, value]) => ` ${name}="${value}"`);
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}"${more.join("")}>${content}</text>`;
}
