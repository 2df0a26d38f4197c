import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { Attributes, Meter as OtelMeter } from "@opentelemetry/api";
import { BuildState } from "../../gen/slipway/v1/build_event_pb.js";
import type { Meter } from "../base/meter.js";
import { pipelineResult } from "../base/pipeline-result.js";

/** Upper bounds of the durations of builds, in seconds. */
const buildSeconds = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600];
/** Upper bounds of the durations of calls of plugins, in seconds. */
const callSeconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/**
 * The instruments that the host tells what it does. Attributes have few values: drivers, plugins and RPCs, and lists that
 * the host defines. Nothing that a client chooses is one.
 */
export function instruments(meter: OtelMeter): Meter {
  const duration = meter.createHistogram("cicd.pipeline.run.duration", {
    description: "Duration of builds: until their nodes were ready (pending), and from then on (executing).",
    unit: "s",
    advice: { explicitBucketBoundaries: buildSeconds },
  });
  const errors = meter.createCounter("cicd.pipeline.run.errors", {
    description: "Builds that failed, by the reason of their error.",
  });
  const builds = meter.createCounter("slipway.builds", { description: "Builds that ended, by result." });
  const steps = meter.createCounter("slipway.build.steps", {
    description: "Steps of builds that ended: from the cache, run, or failed.",
  });
  const contexts = meter.createCounter("slipway.build.context.sent", {
    description: "Bytes of contexts that were sent to BuildKit.",
    unit: "By",
  });
  const outputs = meter.createCounter("slipway.build.output.received", {
    description: "Bytes of outputs that were received from BuildKit.",
    unit: "By",
  });
  const calls = meter.createHistogram("slipway.plugin.call.duration", {
    description: "Duration of unary calls of plugins.",
    unit: "s",
    advice: { explicitBucketBoundaries: callSeconds },
  });
  return {
    buildEnded({ driver, state, createTime, startTime, endTime, error, stepCounts }) {
      const own: Attributes = { "cicd.pipeline.name": "build", "slipway.driver": driver };
      const result = { ...own, "cicd.pipeline.result": pipelineResult(state) };
      const [created, started, ended] = [createTime, startTime, endTime].map(
        (time) => time && timestampMs(time) / 1000,
      );
      const record = (phase: string, from: number, to: number) =>
        duration.record(Math.max(0, to - from), { ...result, "cicd.pipeline.run.state": phase });
      if (created !== undefined && ended !== undefined) record("pending", created, started ?? ended);
      if (started !== undefined && ended !== undefined) record("executing", started, ended);
      builds.add(1, result);
      if (state === BuildState.FAILED) errors.add(1, { ...own, "error.type": error?.reason || "_OTHER" });
      for (const outcome of ["cached", "run", "failed"] as const)
        steps.add(stepCounts?.[`${outcome}Count`] ?? 0, {
          "slipway.driver": driver,
          "slipway.step.outcome": outcome,
        });
    },
    contextSent: (bytes) => contexts.add(bytes),
    outputReceived: (bytes) => outputs.add(bytes),
    pluginCalled({ plugin, method, seconds, code }) {
      const attributes = { "slipway.plugin": plugin, "rpc.method": method };
      calls.record(seconds, code === undefined ? attributes : { ...attributes, "error.type": code });
    },
  };
}
