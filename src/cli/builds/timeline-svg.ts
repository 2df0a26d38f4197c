import { visibleLine } from "../output/visible.js";
import { stateName } from "./build-output.js";
import type { Timeline, TimelineStep } from "./timeline.js";

// All in pixels.
const width = 1000;
const nameWidth = 400;
const timeWidth = 80;
const rowHeight = 22;
const headHeight = 64;
const chartWidth = width - nameWidth - timeWidth - 20;
/** Names are cut at so many characters; all of them are in the tooltip. */
const nameLength = 54;

/** Colours on a light and on a dark background. */
const style = `
  svg { background: #fff; font: 13px system-ui, sans-serif; }
  text { fill: #1f2328; }
  .muted { fill: #59636e; }
  .grid { stroke: #d1d9e0; }
  .run { fill: #0969da; } .cached { fill: #9ec5f4; } .failed { fill: #cf222e; } .canceled { fill: #818b98; } .running { fill: #9a6700; }
  @media (prefers-color-scheme: dark) {
    svg { background: #0d1117; } text { fill: #f0f6fc; } .muted { fill: #9198a1; } .grid { stroke: #3d444d; }
    .run { fill: #4493f8; } .cached { fill: #1f4a80; } .failed { fill: #f85149; } .running { fill: #d29922; }
  }`;

/** A picture of the timeline, in one file without references to others. */
export function timelineSvg({ build, duration, steps }: Timeline): string {
  const height = headHeight + Math.max(1, steps.length) * rowHeight + 12;
  const scale = chartWidth / Math.max(duration, 1e-6);
  const title = `${build.displayName || build.id}: ${stateName(build)}, ${seconds(duration)}`;
  const cached = steps.filter(({ state }) => state === "cached").length;
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<style>${style}</style>`,
    `<text x="10" y="24" font-weight="600">${escaped(title)}</text>`,
    `<text x="10" y="44" class="muted">${escaped(`${build.id} · ${steps.length} steps, ${cached} from the cache`)}</text>`,
    ...[0, 0.25, 0.5, 0.75, 1].map((part) => tick(part, duration, height)),
    ...steps.map((step, index) => row(step, index, scale)),
    "</svg>",
  ];
  return `${lines.join("\n")}\n`;
}

function tick(part: number, duration: number, height: number): string {
  const x = nameWidth + part * chartWidth;
  const label = `<text x="${x}" y="${headHeight - 6}" text-anchor="middle" font-size="11" class="muted">${seconds(part * duration)}</text>`;
  return `<line x1="${x}" x2="${x}" y1="${headHeight}" y2="${height - 8}" class="grid"/>${label}`;
}

function row({ name, state, start, end, error }: TimelineStep, index: number, scale: number): string {
  const y = headHeight + index * rowHeight;
  const text = visibleLine(name);
  const shown = text.length > nameLength ? `${text.slice(0, nameLength - 1)}…` : text;
  const x = (nameWidth + start * scale).toFixed(1);
  const length = Math.max(2, (end - start) * scale).toFixed(1);
  const tooltip = `${text}\n${state}, ${seconds(end - start)}${error ? `\n${error}` : ""}`;
  return [
    `<g><title>${escaped(tooltip)}</title>`,
    `<text x="10" y="${y + 16}">${escaped(shown)}</text>`,
    `<rect x="${x}" y="${y + 4}" width="${length}" height="${rowHeight - 8}" rx="2" class="${state}"/>`,
    `<text x="${width - 10}" y="${y + 16}" text-anchor="end" class="muted">${seconds(end - start)}</text></g>`,
  ].join("");
}

function seconds(value: number): string {
  return `${value.toFixed(value < 10 ? 2 : 1)} s`;
}

/** A text in XML, without the characters that XML cannot have. */
function escaped(text: string): string {
  return text
    .replace(/[^\t\n\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "\ufffd")
    .replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
