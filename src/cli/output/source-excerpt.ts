import type { SourceLocation } from "../../gen/slipway/build/v1/source_pb.js";
import { visibleLine } from "./visible.js";

/** The source lines of an error or a warning, marked and with context, in BuildKit's format; empty if there are none. */
export function sourceExcerpt({ filename, data, ranges }: SourceLocation): string {
  if (data.length === 0 || ranges.length === 0) return "";
  const source = new TextDecoder().decode(data).split("\n");
  const marked = ranges.map(({ startLine, endLine }) => ({
    from: startLine,
    to: Math.max(startLine, endLine),
  }));
  const first = Math.min(...marked.map(({ from }) => from));
  if (first < 1 || first > source.length) return "";
  let from = first;
  let to = Math.min(Math.max(...marked.map((range) => range.to)), source.length);
  // A single line gets more context. Each iteration also counts itself, as in BuildKit.
  const padding = from === to ? 4 : 2;
  for (let padded = 0; padded < padding; padded++) {
    if (from > 1) {
      from--;
      padded++;
    }
    if (to < source.length) {
      to++;
      padded++;
    }
  }
  const rule = "--------------------";
  const shown = source.slice(from - 1, to).map((text, index) => {
    const line = from + index;
    const mark = marked.some((range) => range.from <= line && line <= range.to) ? ">>>" : "   ";
    return ` ${String(line).padStart(3)} | ${mark} ${text}`;
  });
  return `${[`${visibleLine(filename)}:${first}`, rule, ...shown, rule].join("\n")}\n`;
}
