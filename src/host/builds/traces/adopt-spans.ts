import type { BuildkitClient } from "../../../buildkit/client.js";
import { recordedTrace } from "../../../buildkit/recorded-trace.js";
import { descendants } from "../../base/recorded-span.js";
import { spanIdOf } from "../../base/trace-context.js";
import type { Span } from "../../base/tracer.js";
import { readSpans } from "./read-spans.js";

/** How long the end of a build may wait for its trace, in milliseconds. */
const traceMs = 15_000;

/**
 * Exports the spans that BuildKit recorded of a build, from its history. Other builds of the same trace are in it, too, so
 * that only those that belong to the span are taken.
 */
export async function adoptSpans(span: Span, client: BuildkitClient, ref: string): Promise<void> {
  if (!span.isExported || client.broken.aborted) return;
  const trace = await recordedTrace(client, ref, AbortSignal.timeout(traceMs));
  if (!trace) return;
  const { spans, size } = await readSpans(trace, { text: (text) => span.shown(text) }, ref);
  span.adopt(descendants(spans, spanIdOf(span.context)), size);
}
