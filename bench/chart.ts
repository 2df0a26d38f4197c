import type { Row } from "./run-case.js";
import { formatRatio, formatSeconds, medianSeconds, valuesOf } from "./statistics.js";
import { type ToolName, toolNames } from "./tool.js";

const width = 760;
const rowHeight = 46;
const left = 290;
/** Width of the longest bar of a row. */
const longest = 330;
const colors: Record<ToolName, string> = { buildx: "#a3a3a3", slipway: "#1d4ed8" };

/**
 * Draws an SVG with two bars for each case, the medians of wall time. The longer bar of a case always has the same
 * length; a thin line shows the range of the samples.
 */
export function chart(rows: readonly Row[], title: string): string {
  const height = 44 + rows.length * rowHeight;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" font-family="sans-serif" font-size="11">`,
    `<title>${title}</title>`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    `<text x="12" y="24" font-size="14" font-weight="bold">${title}</text>`,
    ...toolNames.map(
      (tool, index) => `<text x="${width - 120 + index * 56}" y="24" fill="${colors[tool]}">${tool}</text>`,
    ),
    ...rows.flatMap((row, index) => drawRow(row, 44 + index * rowHeight)),
    "</svg>\n",
  ].join("\n");
}

function drawRow(row: Row, top: number): string[] {
  const [buildx, slipway] = toolNames.map((tool) => medianSeconds(row, tool)) as [number, number];
  const scale = longest / Math.max(...[buildx, slipway].filter(Number.isFinite));
  const bars = toolNames.flatMap((tool, index) => {
    const seconds = valuesOf(row, tool, (sample) => sample.seconds);
    if (seconds.length === 0) return [];
    const y = top + index * 16;
    const end = left + medianSeconds(row, tool) * scale;
    const [least, most] = [Math.min(...seconds), Math.max(...seconds)].map(
      (value) => left + Math.min(value * scale, longest + 40),
    );
    return [
      `<rect x="${left}" y="${y}" width="${(end - left).toFixed(1)}" height="13" fill="${colors[tool]}"/>`,
      `<path d="M${least!.toFixed(1)} ${y + 6.5}H${most!.toFixed(1)}" stroke="#171717"/>`,
      `<text x="${left + longest + 48}" y="${y + 11}">${formatSeconds(medianSeconds(row, tool))}</text>`,
    ];
  });
  const name = row.title.replaceAll("`", "").replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return [
    `<text x="${left - 8}" y="${top + 18}" text-anchor="end">${name}</text>`,
    ...bars,
    `<text x="${width - 12}" y="${top + 18}" text-anchor="end" font-weight="bold">${formatRatio(slipway / buildx)}</text>`,
  ];
}
