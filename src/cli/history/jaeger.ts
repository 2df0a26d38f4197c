import { type Attribute, plainValue, type Span, type Traces, type Value } from "./otlp.js";

/** A trace as Jaeger's page reads it, with the keys that buildx prints. */
export function jaegerTrace({ resourceSpans }: Traces): object {
  const spans = resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ scope, spans }) => spans.map((span) => ({ resource, scope, span }))),
  );
  return {
    traceID: spans[0]?.span.traceId ?? "",
    spans: spans.map(({ scope, span }, index) => ({
      ...jaegerSpan(span, scope),
      processID: `p${index}`,
      warnings: null,
    })),
    processes: Object.fromEntries(
      spans.map(({ resource }, index) => [`p${index}`, processOf(resource.attributes)]),
    ),
    warnings: null,
  };
}

function jaegerSpan(span: Span, scope: { name: string; version: string }): object {
  const start = micro(span.startTimeUnixNano);
  return {
    traceID: span.traceId,
    spanID: span.spanId,
    flags: span.flags || undefined,
    operationName: span.name,
    references: [
      ...span.links.map((link) => ({ refType: "FOLLOWS_FROM", traceID: link.traceId, spanID: link.spanId })),
      {
        refType: "CHILD_OF",
        traceID: span.parentSpanId ? span.traceId : "0".repeat(32),
        spanID: span.parentSpanId || "0".repeat(16),
      },
    ],
    startTime: start,
    duration: Number((BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano)) / 1000n),
    tags: [
      ...span.attributes.map(tagOf),
      ...scopeTags(scope),
      ...kindTags(span.kind),
      ...statusTags(span.status),
    ],
    logs:
      span.events.length === 0
        ? null
        : span.events.map(({ timeUnixNano, name, attributes }) => ({
            timestamp: micro(timeUnixNano),
            fields: [...(name ? [textTag("event", name)] : []), ...attributes.map(tagOf)],
          })),
  };
}

function processOf(attributes: Attribute[]): object {
  const service = attributes.find(({ key }) => key === "service.name");
  return {
    serviceName: service ? String(plainValue(service.value)) : "",
    tags: attributes.filter((attribute) => attribute !== service).map(tagOf),
  };
}

function scopeTags({ name, version }: { name: string; version: string }): object[] {
  if (!name) return [];
  return [textTag("otel.library.name", name), ...(version ? [textTag("otel.library.version", version)] : [])];
}

/** Go's names of the kinds but "internal", by OTLP's numbers. */
const kinds: Record<number, string> = {
  0: "unspecified",
  2: "server",
  3: "client",
  4: "producer",
  5: "consumer",
};

function kindTags(kind: number): object[] {
  const name = kinds[kind];
  return name ? [textTag("span.kind", name)] : [];
}

function statusTags({ code, message }: Span["status"]): object[] {
  if (code === 0) return [];
  return [
    ...(code === 2 ? [{ key: "error", type: "bool", value: true }] : []),
    textTag("otel.status_code", code === 2 ? "ERROR" : "OK"),
    ...(message ? [textTag("otel.status_description", message)] : []),
  ];
}

function tagOf({ key, value }: Attribute): object {
  const plain = plainValue(value);
  return { key, type: typeOf(value), value: Array.isArray(plain) ? JSON.stringify(plain) : plain };
}

function typeOf({ boolValue, intValue, doubleValue }: Value): string {
  if (boolValue !== undefined) return "bool";
  if (intValue !== undefined) return "int64";
  return doubleValue === undefined ? "string" : "float64";
}

function textTag(key: string, value: string): object {
  return { key, type: "string", value };
}

function micro(nanoseconds: string): number {
  return Number(BigInt(nanoseconds) / 1000n);
}
