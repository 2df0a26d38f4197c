import { answerMalformed } from "../../../errors/answer-malformed.js";
import {
  flagsOf,
  parentIdOf,
  type RecordedAttribute,
  type RecordedSpan,
  statusCodeOf,
  unixNano,
} from "../../base/recorded-span.js";

/** Spans as TracesData in OTLP/JSON, grouped by resource and scope. Throws ANSWER_MALFORMED. */
export function toOtlp(spans: readonly RecordedSpan[]): object {
  try {
    return grouped(spans);
  } catch {
    throw answerMalformed("The trace", "a span lacks what spans have");
  }
}

function grouped(spans: readonly RecordedSpan[]): object {
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

function otlpSpan(span: RecordedSpan): object {
  const { SpanContext, Status } = span;
  return {
    traceId: SpanContext.TraceID,
    spanId: SpanContext.SpanID,
    parentSpanId: parentIdOf(span) ?? "",
    flags: flagsOf(SpanContext),
    name: span.Name,
    kind: span.SpanKind,
    startTimeUnixNano: String(unixNano(span.StartTime)),
    endTimeUnixNano: String(unixNano(span.EndTime)),
    attributes: attributes(span.Attributes),
    droppedAttributesCount: span.DroppedAttributes,
    events: (span.Events ?? []).map((event) => ({
      timeUnixNano: String(unixNano(event.Time)),
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
    status: { code: statusCodeOf(span), message: Status.Description },
  };
}

function attributes(list: RecordedAttribute[] | null): object[] {
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
