import type { WaterfallRow } from "../output/waterfall.js";
import type { Span, Traces } from "./otlp.js";

/** The spans of a trace as a tree in the order of their starts. */
export function spanRows({ resourceSpans }: Traces): WaterfallRow[] {
  const spans = resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
  const known = new Set(spans.map(({ spanId }) => spanId));
  const children = new Map<string, Span[]>();
  for (const span of [...spans].sort((a, b) => seconds(a.startTimeUnixNano) - seconds(b.startTimeUnixNano))) {
    const parent = known.has(span.parentSpanId) ? span.parentSpanId : "";
    children.set(parent, [...(children.get(parent) ?? []), span]);
  }
  const rows: WaterfallRow[] = [];
  const shown = new Set<Span>();
  const add = (span: Span, depth: number) => {
    // A damaged trace can have a cycle.
    if (shown.has(span)) return;
    shown.add(span);
    const [start, end] = [span.startTimeUnixNano, span.endTimeUnixNano].map(seconds) as [number, number];
    rows.push({ name: span.name, depth, start, end, mark: span.status.code === 2 ? "!" : "█" });
    for (const child of children.get(span.spanId) ?? []) add(child, depth + 1);
  };
  for (const span of children.get("") ?? []) add(span, 0);
  return rows;
}

/** Microseconds are exact enough; nanoseconds since 1970 are no exact number. */
function seconds(nanoseconds: string | number | bigint): number {
  return Number(BigInt(nanoseconds) / 1000n) / 1e6;
}
