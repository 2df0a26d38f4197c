/**
 * The headers that make builds part of the trace that the command runs in. OpenTelemetry's tools hand it on in TRACEPARENT
 * and TRACESTATE, and buildx reads it there.
 */
export function traceHeaders(env: NodeJS.ProcessEnv): Record<string, string> {
  const { TRACEPARENT: traceparent, TRACESTATE: tracestate } = env;
  const given = Object.entries({ traceparent, tracestate });
  // The host ignores what is not valid, but nothing else is a header.
  return Object.fromEntries(
    given.flatMap(([name, value]) => (value && /^[\x21-\x7e]+$/.test(value) ? [[name, value]] : [])),
  );
}
