import { expect, test } from "vitest";
import { wantsOtlp } from "./wanted-exports.js";

const endpoint = "http://collector.example:4318";

test.each([
  [{}, false],
  [{ OTEL_METRICS_EXPORTER: "otlp" }, false],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }, true],
  [{ OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: endpoint }, true],
  [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: endpoint }, false],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_METRICS_EXPORTER: "none" }, false],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_METRICS_EXPORTER: "console,otlp" }, true],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_SDK_DISABLED: "TRUE" }, false],
])("metrics with %j: %s", (env, wanted) => {
  expect(wantsOtlp(env, "METRICS")).toBe(wanted);
});

test.each([
  [{}, false],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }, true],
  [{ OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: endpoint }, false],
  [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: endpoint }, true],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_TRACES_EXPORTER: "none" }, false],
])("traces with %j: %s", (env, wanted) => {
  expect(wantsOtlp(env, "TRACES")).toBe(wanted);
});
