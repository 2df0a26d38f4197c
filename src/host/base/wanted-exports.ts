/**
 * Whether the environment asks for metrics or traces by OTLP, by OpenTelemetry's variables: it names an endpoint, and does
 * not select another exporter.
 */
export function wantsOtlp(env: NodeJS.ProcessEnv, signal: "METRICS" | "TRACES"): boolean {
  if (env.OTEL_SDK_DISABLED?.toLowerCase() === "true") return false;
  const exporters = env[`OTEL_${signal}_EXPORTER`] || "otlp";
  const endpoint = env[`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`] || env.OTEL_EXPORTER_OTLP_ENDPOINT;
  return Boolean(endpoint) && exporters.split(",").includes("otlp");
}
