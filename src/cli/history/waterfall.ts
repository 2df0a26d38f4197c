import { visibleLine } from "../output/visible.js";
import type { Span, Traces } from "./otlp.js";

/** Columns of the bars. */
const barWidth = 30;

/** The spans of a trace as a tree in the order of their starts, each with its duration and a bar on the time line. */
export function waterfall({ resourceSpans }: Traces, width: number): string {
  const spans = resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
  const start = (span: Span) => Number(BigInt(span.startTimeUnixNano) / 1000n);
  const end = (span: Span) => Number(BigInt(span.endTimeUnixNano) / 1000n);
  const known = new Set(spans.map(({ spanId }) => spanId));
  const children = new Map<string, Span[]>();
  for (const span of [...spans].sort((a, b) => start(a) - start(b))) {
    const parent = known.has(span.parentSpanId) ? span.parentSpanId : "";
    children.set(parent, [...(children.get(parent) ?? []), span]);
  }
  const first = Math.min(...spans.map(start));
  const total = Math.max(...spans.map(end), first + 1) - first;
  const nameWidth = Math.max(20, width - barWidth - 12);
  const lines: string[] = [];
  const shown = new Set<Span>();
  const add = (span: Span, depth: number) => {
    // A damaged trace can have a cycle.
    if (shown.has(span)) return;
    shown.add(span);
    const indented = `${" ".repeat(Math.min(depth, 20))}${visibleLine(span.name)}`;
    const name = indented.length > nameWidth ? `${indented.slice(0, nameWidth - 1)}…` : indented;
    const seconds = `${((end(span) - start(span)) / 1e6).toFixed(3)}s`;
    const from = Math.min(barWidth - 1, Math.floor(((start(span) - first) / total) * barWidth));
    const length = Math.max(1, Math.round(((end(span) - start(span)) / total) * barWidth));
    const bar = `${" ".repeat(from)}${(span.status.code === 2 ? "!" : "█").repeat(Math.min(length, barWidth - from))}`;
    lines.push(`${name.padEnd(nameWidth)} ${seconds.padStart(9)} ${bar}\n`);
    for (const child of children.get(span.spanId) ?? []) add(child, depth + 1);
  };
  for (const span of children.get("") ?? []) add(span, 0);
  return lines.join("");
}
