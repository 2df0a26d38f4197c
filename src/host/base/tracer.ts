import { AsyncLocalStorage } from "node:async_hooks";
import type { RecordedSpan } from "./recorded-span.js";
import { isSampled, type TraceContext, traceHeaders } from "./trace-context.js";

/** What a span says about its work, by the names of OpenTelemetry's conventions. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

/** Work that has a span. */
export interface Work {
  readonly name: string;
  readonly attributes?: SpanAttributes;
  /** Who asks whom for it. Default: it is internal. */
  readonly kind?: "server" | "client";
  /** What asked for it, if that is not the span that it is started in. */
  readonly parent?: TraceContext;
}

/** Work in a trace. */
export interface Span {
  /** Its place in the trace, for all that it calls. */
  readonly context: TraceContext;
  /** Whether it is exported. */
  readonly isExported: boolean;
  /** A text without the secrets of the build. */
  shown(text: string): string;
  /** Starts work that belongs to this. */
  start(work: Work): Span;
  /** Ends it. Can be called once. */
  end(attributes?: SpanAttributes, failure?: unknown): void;
  /**
   * Exports spans of another process, which are masked already.
   * @param size of what is kept for them, in bytes
   */
  adopt(spans: readonly RecordedSpan[], size: number): void;
}

/** Makes the spans of a host. A host that exports no traces has none. */
export interface Tracer {
  /**
   * Starts a trace, or continues that of the parent.
   * @param shown masks secrets: it is used for each text
   */
  start(work: Work, shown: (text: string) => string): Span;
}

const current = new AsyncLocalStorage<Span>();

/** A span of a host that exports none: what it calls belongs to the caller's span. */
export function passedSpan(context: TraceContext): Span {
  const span: Span = {
    context,
    isExported: false,
    shown: (text) => text,
    start: () => span,
    end() {},
    adopt() {},
  };
  return span;
}

/** Runs work within a span; everything that it awaits is within it, too. */
export function within<T>(span: Span | undefined, work: () => T): T {
  return span ? current.run(span, work) : work();
}

/** The span that the caller runs in. */
export function currentSpan(): Span | undefined {
  return current.getStore();
}

/** Runs work in a span of its own within the current one, if there is one. */
export async function inSpan<T>(work: Work, run: () => Promise<T>): Promise<T> {
  const span = currentSpan()?.start(work);
  if (!span) return run();
  try {
    const result = await within(span, run);
    span.end();
    return result;
  } catch (cause) {
    span.end({}, cause);
    throw cause;
  }
}

/**
 * The headers that make BuildKit record its spans within the current one. Without them BuildKit starts a trace of its own,
 * so that its history has one even if nobody records the caller's.
 */
export function recordingHeaders(): Record<string, string> {
  const context = currentSpan()?.context;
  return context && isSampled(context) ? traceHeaders(context) : {};
}
