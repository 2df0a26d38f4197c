/** A span as BuildKit keeps it: Go's JSON of OpenTelemetry's SpanStub. */
export interface RecordedSpan {
  Name: string;
  SpanContext: RecordedContext;
  Parent: RecordedContext;
  /** The same numbers as in OTLP. */
  SpanKind: number;
  StartTime: string;
  EndTime: string;
  Attributes: RecordedAttribute[] | null;
  Events:
    | { Name: string; Attributes: RecordedAttribute[] | null; DroppedAttributeCount: number; Time: string }[]
    | null;
  Links: { SpanContext: RecordedContext; Attributes: RecordedAttribute[] | null }[] | null;
  Status: { Code: number | string; Description: string };
  DroppedAttributes: number;
  DroppedEvents: number;
  DroppedLinks: number;
  Resource: RecordedAttribute[] | null;
  InstrumentationLibrary: { Name: string; Version: string };
}

/** The place of a recorded span in its trace. */
export interface RecordedContext {
  TraceID: string;
  SpanID: string;
  TraceFlags: string;
}

/** An attribute of a recorded span. */
export interface RecordedAttribute {
  Key: string;
  Value: { Type: string; Value: unknown };
}

/** OTLP's numbers for the status codes of OpenTelemetry's Go library, by number and by name. */
const statusCodes: Record<number | string, number> = { 1: 2, 2: 1, Error: 2, Ok: 1 };

/** The status code of a span in OTLP: 0 for unset, 1 for OK, 2 for an error. */
export function statusCodeOf({ Status }: RecordedSpan): number {
  return statusCodes[Status.Code] ?? 0;
}

/** Id of the span that a span belongs to; undefined for a root. */
export function parentIdOf({ Parent }: RecordedSpan): string | undefined {
  return /^0*$/.test(Parent.SpanID) ? undefined : Parent.SpanID;
}

/** The flags of a span as a number. */
export function flagsOf({ TraceFlags }: RecordedContext): number {
  return Number.parseInt(TraceFlags, 16) || 0;
}

/** Nanoseconds since 1970 of an RFC 3339 time; 0 for another text. */
export function unixNano(time: string): bigint {
  const [, seconds = "", fraction = "", zone = ""] =
    /^([^.Z+]*?)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)$/.exec(time) ?? [];
  const whole = Date.parse(`${seconds}${zone}`);
  if (Number.isNaN(whole)) return 0n;
  return BigInt(whole) * 1_000_000n + BigInt(fraction.padEnd(9, "0").slice(0, 9));
}

/** The spans that belong to one span, at any depth. */
export function descendants(spans: readonly RecordedSpan[], ancestor: string): RecordedSpan[] {
  const children = new Map<string | undefined, RecordedSpan[]>();
  for (const span of spans) {
    const siblings = children.get(parentIdOf(span));
    if (siblings) siblings.push(span);
    else children.set(parentIdOf(span), [span]);
  }
  const found: RecordedSpan[] = [];
  const next = [ancestor];
  for (let id = next.pop(); id !== undefined; id = next.pop()) {
    const own = children.get(id) ?? [];
    // Once only, even if the parents of a damaged record form a circle.
    children.delete(id);
    for (const span of own) {
      found.push(span);
      next.push(span.SpanContext.SpanID);
    }
  }
  return found;
}
