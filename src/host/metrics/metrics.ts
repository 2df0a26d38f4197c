import { detectResources, envDetector, resourceFromAttributes } from "@opentelemetry/resources";
import { MeterProvider, type ViewOptions } from "@opentelemetry/sdk-metrics";
import { settlesWithin } from "../../util/settles-within.js";
import { version } from "../../util/version.js";
import type { Log } from "../base/log.js";
import type { Meter } from "../base/meter.js";
import { addGauges, addProcess } from "./gauges.js";
import { instruments } from "./instruments.js";
import { type MetricsAddress, serveMetrics } from "./metrics-server.js";
import { PrometheusReader } from "./prometheus.js";
import type { MetricSources } from "./sources.js";

/** Options of {@link openMetrics}. */
export interface MetricsOptions {
  /** Where Prometheus reads them; nowhere when absent. */
  address?: MetricsAddress;
  /** Whether they are sent by OTLP. */
  otlp: boolean;
  /** Has OpenTelemetry's variables. */
  env: NodeJS.ProcessEnv;
  log: Log;
}

/** The metrics of a host. */
export interface Metrics {
  /** Is told what the host does. */
  meter: Meter;
  /** URL where Prometheus reads them. */
  url?: string;
  /** Adds what is read of the host when metrics are collected. */
  observe(sources: MetricSources): void;
  /** Sends what is left, and closes the port. */
  close(): Promise<void>;
}

/**
 * The most series of a metric, for labels whose values drivers and plugins choose: reasons, codes, and their names. What is
 * above has the label `otel.metric.overflow`, as OpenTelemetry's specification says.
 */
export const seriesLimit: ViewOptions = { instrumentName: "*", aggregationCardinalityLimit: 500 };

/** How long the last metrics may take to be sent, in milliseconds. */
const flushMs = 1_000;

/** Opens the metrics of a host; rejects with FAILED_PRECONDITION, reason LISTEN_FAILED. */
export async function openMetrics({ address, otlp, env, log }: MetricsOptions): Promise<Metrics> {
  const prometheus = address && new PrometheusReader();
  const sent = otlp ? [(await import("./otlp.js")).otlpReader(env, log)] : [];
  const server = address && (await serveMetrics(address, () => prometheus!.text(), log));
  const own = resourceFromAttributes({ "service.name": "slipway", "service.version": version });
  const provider = new MeterProvider({
    resource: own.merge(detectResources({ detectors: [envDetector] })),
    views: [seriesLimit],
    readers: [...(prometheus ? [prometheus] : []), ...sent],
  });
  const meter = provider.getMeter("slipway", version);
  const endProcess = addProcess(meter);
  return {
    meter: instruments(meter),
    url: server?.url,
    observe: (sources) => addGauges(meter, sources),
    async close() {
      await server?.close();
      await settlesWithin(
        flushMs,
        provider.shutdown().catch(() => {}),
      );
      endProcess();
    },
  };
}
