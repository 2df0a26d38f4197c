import {
  createTraceState,
  diag,
  type Span as OtelSpan,
  type Tracer as OtelTracer,
  ROOT_CONTEXT,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { detectResources, envDetector, resourceFromAttributes } from "@opentelemetry/resources";
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  type ReadableSpan,
  type SpanExporter,
} from "@opentelemetry/sdk-trace-base";
import { settlesWithin } from "../../util/settles-within.js";
import { version } from "../../util/version.js";
import { logExportWarnings } from "../base/export-warnings.js";
import type { Log } from "../base/log.js";
import { isSampled, type TraceContext } from "../base/trace-context.js";
import type { Span, SpanAttributes, Tracer, Work } from "../base/tracer.js";
import { adoptedSpans } from "./adopted-span.js";

/** The traces of a host. */
export interface Traces {
  /** Makes its spans. */
  tracer: Tracer;
  /** Sends what is left. */
  close(): Promise<void>;
}

/** How long the last spans may take to be sent, in milliseconds. */
const flushMs = 1_000;

/** Sends traces by OTLP, as OpenTelemetry's variables say: `OTEL_EXPORTER_OTLP_*`, `OTEL_TRACES_SAMPLER`, `OTEL_BSP_*`. */
export function openTraces(log: Log): Traces {
  logExportWarnings(log);
  const exporter = new OTLPTraceExporter();
  const adopted = new AdoptedExport(exporter);
  const own = resourceFromAttributes({ "service.name": "slipway", "service.version": version });
  const provider = new BasicTracerProvider({
    resource: own.merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor(exporter)],
  });
  const made = { tracer: provider.getTracer("slipway", version), adopted };
  return {
    tracer: { start: (work, shown) => new ExportedSpan(work, shown, made) },
    async close() {
      await settlesWithin(
        flushMs,
        adopted
          .sent()
          .then(() => provider.shutdown())
          .catch(() => {}),
      );
    },
  };
}

/** Most spans in one request. */
const batchSize = 512;

/** Most that waits to be sent, in bytes. A collector that is away takes ten seconds for each request. */
const maxWaiting = 256 << 20;

/** Sends spans of other processes. They do not pass the queue of the host's own, which a large build would fill. */
class AdoptedExport {
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;

  constructor(private readonly exporter: SpanExporter) {}

  /** @param size of what is kept for the spans, in bytes */
  send(spans: readonly ReadableSpan[], size: number): void {
    if (this.#waiting + size > maxWaiting) {
      diag.warn("The trace of a BuildKit is not sent, since many wait");
      return;
    }
    this.#waiting += size;
    for (let from = 0; from < spans.length; from += batchSize) {
      const batch = spans.slice(from, from + batchSize);
      this.#last = this.#last.then(() => this.#export(batch));
    }
    this.#last = this.#last.then(() => {
      this.#waiting -= size;
    });
  }

  /** Resolves when all of them were sent, or could not be. */
  sent(): Promise<void> {
    return this.#last;
  }

  /** Never rejects, also for spans that cannot be encoded. */
  async #export(batch: ReadableSpan[]): Promise<void> {
    try {
      await new Promise<void>((resolve, reject) =>
        this.exporter.export(batch, ({ error }) => (error ? reject(error) : resolve())),
      );
    } catch (cause) {
      diag.error(String(cause));
    }
  }
}

const kinds = { server: SpanKind.SERVER, client: SpanKind.CLIENT };
interface Made {
  tracer: OtelTracer;
  adopted: AdoptedExport;
}

/** A span that is exported, if the sampler wants it. */
class ExportedSpan implements Span {
  readonly context: TraceContext;
  readonly isExported: boolean;
  readonly #span: OtelSpan;

  constructor(
    { name, attributes = {}, kind, parent }: Work,
    readonly shown: (text: string) => string,
    private readonly made: Made,
  ) {
    const above = parent ? trace.setSpanContext(ROOT_CONTEXT, fromHeaders(parent)) : ROOT_CONTEXT;
    const how = { kind: kind && kinds[kind], attributes: this.#shownIn(attributes) };
    this.#span = made.tracer.startSpan(shown(name), how, above);
    this.context = toHeaders(this.#span.spanContext());
    this.isExported = isSampled(this.context);
  }

  start(work: Work): Span {
    return new ExportedSpan({ parent: this.context, ...work }, this.shown, this.made);
  }

  end(attributes: SpanAttributes = {}, failure?: unknown): void {
    this.#span.setAttributes(this.#shownIn(attributes));
    if (failure !== undefined) {
      const text = failure instanceof Error ? failure.message : String(failure);
      this.#span.setStatus({ code: SpanStatusCode.ERROR, message: this.shown(text) });
    }
    this.#span.end();
  }

  adopt(spans: Parameters<typeof adoptedSpans>[0], size: number): void {
    if (this.isExported) this.made.adopted.send(adoptedSpans(spans), size);
  }

  #shownIn(attributes: SpanAttributes): SpanAttributes {
    return Object.fromEntries(
      Object.entries(attributes).map(([name, value]) => [
        name,
        typeof value === "string" ? this.shown(value) : value,
      ]),
    );
  }
}

function fromHeaders({ traceparent, tracestate }: TraceContext): SpanContext {
  const [, traceId, spanId, flags] = traceparent.split("-") as [string, string, string, string];
  const traceState = tracestate ? createTraceState(tracestate) : undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16), traceState, isRemote: true };
}

function toHeaders({ traceId, spanId, traceFlags, traceState }: SpanContext): TraceContext {
  const flags = traceFlags.toString(16).padStart(2, "0");
  return { traceparent: `00-${traceId}-${spanId}-${flags}`, tracestate: traceState?.serialize() ?? "" };
}
