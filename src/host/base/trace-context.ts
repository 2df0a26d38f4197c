/** A place in a trace, in the headers of W3C Trace Context. */
export interface TraceContext {
  /** Of version 00, and valid. */
  readonly traceparent: string;
  /** Empty if there is none. */
  readonly tracestate: string;
}

/** Most characters of a `tracestate` that is passed on, as W3C Trace Context asks for. */
const maxStateLength = 512;

/** Reads the headers of a request. Undefined without a valid `traceparent`, as the standard says: then nobody traces. */
export function readTraceContext(headers: Pick<Headers, "get">): TraceContext | undefined {
  const parts = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/.exec(
    headers.get("traceparent")?.trim() ?? "",
  );
  if (!parts) return undefined;
  const [, version, trace, span, flags, rest] = parts as unknown as string[];
  if (version === "ff" || (version === "00" && rest !== undefined)) return undefined;
  if (/^0+$/.test(trace!) || /^0+$/.test(span!)) return undefined;
  const state = headers.get("tracestate")?.trim() ?? "";
  const isUsable = state.length <= maxStateLength && /^[\x20-\x7e]*$/.test(state);
  return { traceparent: `00-${trace}-${span}-${flags}`, tracestate: isUsable ? state : "" };
}

/** The headers of a call that belongs to a trace. */
export function traceHeaders({ traceparent, tracestate }: TraceContext): Record<string, string> {
  return { traceparent, ...(tracestate && { tracestate }) };
}

/** Whether somebody records the trace. */
export function isSampled({ traceparent }: TraceContext): boolean {
  return (Number.parseInt(traceparent.slice(-2), 16) & 1) === 1;
}

/** Id of the span that a context names. */
export function spanIdOf({ traceparent }: TraceContext): string {
  return traceparent.split("-")[2]!;
}
