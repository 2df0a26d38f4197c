/** TracesData in OTLP/JSON, as the host sends it. */
export interface Traces {
  resourceSpans: {
    resource: { attributes: Attribute[] };
    scopeSpans: { scope: { name: string; version: string }; spans: Span[] }[];
  }[];
}

/** A span in OTLP/JSON. */
export interface Span {
  traceId: string;
  spanId: string;
  /** Empty for the first span of a trace. */
  parentSpanId: string;
  flags: number;
  name: string;
  /** OTLP's number. */
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: Attribute[];
  events: { timeUnixNano: string; name: string; attributes: Attribute[] }[];
  links: { traceId: string; spanId: string }[];
  /** 1 is success, 2 an error. */
  status: { code: number; message: string };
}

/** An attribute in OTLP/JSON. */
export interface Attribute {
  key: string;
  value: Value;
}

/** A value in OTLP/JSON: one of the fields is set. */
export interface Value {
  stringValue?: string;
  boolValue?: boolean;
  /** An int64 as a text. */
  intValue?: string;
  doubleValue?: number;
  arrayValue?: { values: Value[] };
}

/** A value as JSON. */
export function plainValue({ stringValue, boolValue, intValue, doubleValue, arrayValue }: Value): unknown {
  if (arrayValue) return arrayValue.values.map(plainValue);
  return stringValue ?? boolValue ?? (intValue === undefined ? doubleValue : Number(intValue));
}
