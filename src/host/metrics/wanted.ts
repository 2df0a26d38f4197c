/**
 * Whether the environment asks for metrics by OTLP, by OpenTelemetry's variables: it names an endpoint, and does not
 * select another exporter.
 */
export function wantsOtlp(env: NodeJS.ProcessEnv): boolean {
  if (env.OTEL_SDK_DISABLED?.toLowerCase() === "true") return false;
  const exporters = env.OTEL_METRICS_EXPORTER || "otlp";
  const endpoint = env.OTEL_EXPORTER_OTLP_METRICS_ENDPOINT || env.OTEL_EXPORTER_OTLP_ENDPOINT;
  return Boolean(endpoint) && exporters.split(",").includes("otlp");
}
