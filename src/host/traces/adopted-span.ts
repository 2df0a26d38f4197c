import {
  type Attributes,
  type HrTime,
  type SpanContext,
  type SpanKind,
  TraceFlags,
} from "@opentelemetry/api";
import { type Resource, resourceFromAttributes } from "@opentelemetry/resources";
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";
import {
  flagsOf,
  parentIdOf,
  type RecordedAttribute,
  type RecordedContext,
  type RecordedSpan,
  statusCodeOf,
  unixNano,
} from "../base/recorded-span.js";

/** Spans that BuildKit recorded, as OpenTelemetry's exporters take them: with their ids, and with its resource. */
export function adoptedSpans(spans: readonly RecordedSpan[]): ReadableSpan[] {
  // Exporters group by identity.
  const resources = new Map<string, Resource>();
  const scopes = new Map<string, { name: string; version: string }>();
  return spans.map((span) => {
    const { Name: name, Version: version } = span.InstrumentationLibrary;
    return adoptedSpan(
      span,
      known(resources, JSON.stringify(span.Resource), () =>
        resourceFromAttributes(attributes(span.Resource)),
      ),
      known(scopes, `${name} ${version}`, () => ({ name, version })),
    );
  });
}

function adoptedSpan(
  span: RecordedSpan,
  resource: Resource,
  instrumentationScope: ReadableSpan["instrumentationScope"],
): ReadableSpan {
  const context = contextOf(span.SpanContext);
  const [start, end] = [unixNano(span.StartTime), unixNano(span.EndTime)];
  return {
    name: span.Name,
    // OTLP counts from 1, and 0 is unspecified.
    kind: Math.max(0, span.SpanKind - 1) as SpanKind,
    spanContext: () => context,
    parentSpanContext: parentIdOf(span) ? contextOf(span.Parent) : undefined,
    startTime: hrTime(start),
    endTime: hrTime(end),
    duration: hrTime(end - start),
    ended: true,
    status: { code: statusCodeOf(span), message: span.Status.Description },
    attributes: attributes(span.Attributes),
    events: (span.Events ?? []).map((event) => ({
      name: event.Name,
      time: hrTime(unixNano(event.Time)),
      attributes: attributes(event.Attributes),
      droppedAttributesCount: event.DroppedAttributeCount,
    })),
    links: (span.Links ?? []).map((link) => ({
      context: contextOf(link.SpanContext),
      attributes: attributes(link.Attributes),
    })),
    resource,
    instrumentationScope,
    droppedAttributesCount: span.DroppedAttributes,
    droppedEventsCount: span.DroppedEvents,
    droppedLinksCount: span.DroppedLinks,
  };
}

function contextOf(context: RecordedContext): SpanContext {
  return {
    traceId: context.TraceID,
    spanId: context.SpanID,
    traceFlags: flagsOf(context) & TraceFlags.SAMPLED,
  };
}

function hrTime(nanoseconds: bigint): HrTime {
  return [Number(nanoseconds / 1_000_000_000n), Number(nanoseconds % 1_000_000_000n)];
}

function attributes(list: RecordedAttribute[] | null): Attributes {
  return Object.fromEntries((list ?? []).map(({ Key, Value }) => [Key, Value.Value as Attributes[string]]));
}

function known<T>(values: Map<string, T>, key: string, make: () => T): T {
  const value = values.get(key) ?? make();
  values.set(key, value);
  return value;
}
