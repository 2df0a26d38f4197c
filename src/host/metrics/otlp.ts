import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-proto";
import { type MetricReader, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { logExportWarnings } from "../base/export-warnings.js";
import type { Log } from "../base/log.js";

/** How often metrics are sent by default, in milliseconds; OpenTelemetry's default. */
const defaultIntervalMs = 60_000;

/** Sends metrics by OTLP, as the variables `OTEL_EXPORTER_OTLP_*` and `OTEL_METRIC_EXPORT_INTERVAL` say. */
export function otlpReader(env: NodeJS.ProcessEnv, log: Log): MetricReader {
  logExportWarnings(log);
  const interval = Number(env.OTEL_METRIC_EXPORT_INTERVAL) || defaultIntervalMs;
  return new PeriodicExportingMetricReader({
    exporter: new OTLPMetricExporter(),
    exportIntervalMillis: interval,
    exportTimeoutMillis: Math.min(interval, 10_000),
  });
}
