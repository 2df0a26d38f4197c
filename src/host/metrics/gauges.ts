import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Attributes, Meter, MetricOptions, ObservableResult } from "@opentelemetry/api";
import type { MetricSources } from "./sources.js";

type Observe = (result: ObservableResult<Attributes>) => void;

/** Adds the instruments that read a host when they are collected. */
export function addGauges(meter: Meter, { builds, nodes, plugins, store }: MetricSources): void {
  const upDown = (name: string, description: string, observe: Observe) =>
    meter.createObservableUpDownCounter(name, { description }).addCallback(observe);
  const gauge = (name: string, options: MetricOptions, observe: Observe) =>
    meter.createObservableGauge(name, options).addCallback(observe);
  const bytes = (name: string, description: string, read: () => number) =>
    gauge(name, { description, unit: "By" }, (result) => result.observe(read()));

  upDown("cicd.pipeline.run.active", "Builds that run.", (result) => {
    for (const [state, count] of Object.entries(builds()))
      result.observe(count, { "cicd.pipeline.name": "build", "cicd.pipeline.run.state": state });
  });
  upDown("cicd.worker.count", "Nodes with an open lease: in use, or kept for the next build.", (result) => {
    for (const [state, count] of Object.entries(nodes()))
      result.observe(count, { "cicd.worker.state": state });
  });
  gauge("slipway.plugins", { description: "The plugins, each with its state; always 1." }, (result) => {
    for (const { name, state } of plugins())
      result.observe(1, { "slipway.plugin": name, "slipway.plugin.state": state });
  });
  meter
    .createObservableCounter("slipway.plugin.restarts", { description: "Restarts of plugins." })
    .addCallback((result) => {
      for (const { name, restarts } of plugins()) result.observe(restarts, { "slipway.plugin": name });
    });
  gauge("slipway.kept.builds", { description: "Ended builds whose records are kept." }, (result) =>
    result.observe(store().builds),
  );
  bytes("slipway.store.size", "Size of the store.", () => store().bytes);
  bytes("slipway.store.free", "Free space on the disk of the store.", () => store().freeBytes);
}

/** Adds the instruments about the process. Returns the function that ends the measurement of the event loop. */
export function addProcess(meter: Meter): () => void {
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  const percentiles = [50, 99, 100].map((percentile) => ({
    percentile,
    gauge: meter.createObservableGauge(
      `nodejs.eventloop.delay.${percentile === 100 ? "max" : `p${percentile}`}`,
      { description: "Delay of the event loop since the last collection.", unit: "s" },
    ),
  }));
  meter.addBatchObservableCallback(
    (result) => {
      for (const { percentile, gauge } of percentiles) {
        const nanoseconds = delay.count === 0 ? 0 : delay.percentile(percentile);
        result.observe(gauge, nanoseconds / 1e9);
      }
      delay.reset();
    },
    percentiles.map(({ gauge }) => gauge),
  );
  meter
    .createObservableGauge("process.memory.usage", {
      description: "Memory of the host's process.",
      unit: "By",
    })
    .addCallback((result) => result.observe(process.memoryUsage.rss()));
  meter
    .createObservableCounter("process.cpu.time", {
      description: "Time of processors that was used.",
      unit: "s",
    })
    .addCallback((result) => {
      const { user, system } = process.cpuUsage();
      result.observe(user / 1e6, { "cpu.mode": "user" });
      result.observe(system / 1e6, { "cpu.mode": "system" });
    });
  meter
    .createObservableGauge("process.uptime", { description: "Time since the host's start.", unit: "s" })
    .addCallback((result) => result.observe(process.uptime()));
  return () => delay.disable();
}
