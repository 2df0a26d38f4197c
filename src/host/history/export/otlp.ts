/** A span as BuildKit keeps it: Go's JSON of OpenTelemetry's SpanStub. */
export interface Span {
  Name: string;
  SpanContext: SpanContext;
  Parent: SpanContext;
  /** The same numbers as in OTLP. */
  SpanKind: number;
  StartTime: string;
  EndTime: string;
  Attributes: Attribute[] | null;
  Events:
    | { Name: string; Attributes: Attribute[] | null; DroppedAttributeCount: number; Time: string }[]
    | null;
  Links: { SpanContext: SpanContext; Attributes: Attribute[] | null }[] | null;
  Status: { Code: number | string; Description: string };
  DroppedAttributes: number;
  DroppedEvents: number;
  DroppedLinks: number;
  Resource: Attribute[] | null;
  InstrumentationLibrary: { Name: string; Version: string };
}

interface SpanContext {
  TraceID: string;
  SpanID: string;
  TraceFlags: string;
}

interface Attribute {
  Key: string;
  Value: { Type: string; Value: unknown };
}

/** Spans as TracesData in OTLP/JSON, grouped by resource and scope. */
export function toOtlp(spans: readonly Span[]): object {
  const resources = groupBy(spans, ({ Resource }) => JSON.stringify(Resource ?? []));
  return {
    resourceSpans: resources.map((ofResource) => ({
      resource: { attributes: attributes(ofResource[0]!.Resource) },
      scopeSpans: groupBy(ofResource, (span) => JSON.stringify(span.InstrumentationLibrary)).map(
        (ofScope) => {
          const { Name, Version } = ofScope[0]!.InstrumentationLibrary;
          return { scope: { name: Name, version: Version }, spans: ofScope.map(otlpSpan) };
        },
      ),
    })),
  };
}

function otlpSpan(span: Span): object {
  const { SpanContext, Parent, Status } = span;
  return {
    traceId: SpanContext.TraceID,
    spanId: SpanContext.SpanID,
    parentSpanId: /^0*$/.test(Parent.SpanID) ? "" : Parent.SpanID,
    flags: Number.parseInt(SpanContext.TraceFlags, 16) || 0,
    name: span.Name,
    kind: span.SpanKind,
    startTimeUnixNano: unixNano(span.StartTime),
    endTimeUnixNano: unixNano(span.EndTime),
    attributes: attributes(span.Attributes),
    droppedAttributesCount: span.DroppedAttributes,
    events: (span.Events ?? []).map((event) => ({
      timeUnixNano: unixNano(event.Time),
      name: event.Name,
      attributes: attributes(event.Attributes),
      droppedAttributesCount: event.DroppedAttributeCount,
    })),
    droppedEventsCount: span.DroppedEvents,
    links: (span.Links ?? []).map((link) => ({
      traceId: link.SpanContext.TraceID,
      spanId: link.SpanContext.SpanID,
      attributes: attributes(link.Attributes),
    })),
    droppedLinksCount: span.DroppedLinks,
    status: { code: statusCodes[Status.Code] ?? 0, message: Status.Description },
  };
}

/** OTLP's numbers for the status codes of OpenTelemetry's Go library, by number and by name. */
const statusCodes: Record<number | string, number> = { 1: 2, 2: 1, Error: 2, Ok: 1 };

function attributes(list: Attribute[] | null): object[] {
  return (list ?? []).map(({ Key, Value }) => ({ key: Key, value: anyValue(Value.Type, Value.Value) }));
}

function anyValue(type: string, value: unknown): object {
  switch (type) {
    case "BOOL":
      return { boolValue: value };
    case "INT64":
      return { intValue: String(value) };
    case "FLOAT64":
      return { doubleValue: value };
    case "STRING":
      return { stringValue: value };
    default:
      if (!Array.isArray(value)) return { stringValue: String(value) };
      return { arrayValue: { values: value.map((each) => anyValue(type.replace(/SLICE$/, ""), each)) } };
  }
}

/** Nanoseconds since 1970 of an RFC 3339 time. */
function unixNano(time: string): string {
  const [, seconds = "", fraction = "", zone = ""] =
    /^([^.Z+]*?)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)$/.exec(time) ?? [];
  const whole = Date.parse(`${seconds}${zone}`);
  return Number.isNaN(whole)
    ? "0"
    : String(BigInt(whole) * 1_000_000n + BigInt(fraction.padEnd(9, "0").slice(0, 9)));
}

/** Groups in the order of their first members. */
function groupBy<T>(items: readonly T[], key: (item: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group) group.push(item);
    else groups.set(key(item), [item]);
  }
  return [...groups.values()];
}
