import { create } from "@bufbuild/protobuf";
import { MeterProvider } from "@opentelemetry/sdk-metrics";
import { expect, it, onTestFinished } from "vitest";
import { BuildState } from "../../gen/slipway/v1/build_event_pb.js";
import { BuildSchema } from "../../gen/slipway/v1/build_pb.js";
import { instruments } from "./instruments.js";
import { seriesLimit } from "./metrics.js";
import { PrometheusReader } from "./prometheus.js";

it("keeps the number of series bounded, whatever reasons and names drivers and plugins come up with", async () => {
  const reader = new PrometheusReader();
  const provider = new MeterProvider({ readers: [reader], views: [seriesLimit] });
  onTestFinished(() => provider.shutdown());
  const meter = instruments(provider.getMeter("test"));
  const seriesAfter = async (calls: number) => {
    for (let call = 0; call < calls; call++) {
      const error = { reason: `REASON_${call}` };
      meter.buildEnded(create(BuildSchema, { driver: "odd", state: BuildState.FAILED, error }));
      meter.pluginCalled({ plugin: `plugin-${call}`, method: "Inspect", seconds: 1, code: `code-${call}` });
    }
    const text = await reader.text();
    const countOf = (name: string) => text.match(new RegExp(`^${name}\\{`, "gm"))?.length;
    return [countOf("cicd_pipeline_run_errors_total"), countOf("slipway_plugin_call_duration_seconds_count")];
  };
  expect(await seriesAfter(10)).toEqual([10, 10]);
  const most = await seriesAfter(5000);
  expect(Math.max(...most.map(Number))).toBe(seriesLimit.aggregationCardinalityLimit);
  expect(await seriesAfter(6000)).toEqual(most);
  const text = await reader.text();
  // What is above the limit is counted.
  expect(text).toMatch(/^cicd_pipeline_run_errors_total\{.*otel_metric_overflow="true".*\} \d{4,}/m);
});
