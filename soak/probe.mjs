/**
 * Runs in the host's process, which is started with `--expose-gc --import`: appends a line of CSV to the file
 * SLIPWAY_SOAK_SAMPLES every SLIPWAY_SOAK_SECONDS.
 */
import { appendFileSync, readdirSync, readFileSync } from "node:fs";
import { monitorEventLoopDelay, performance } from "node:perf_hooks";

const { SLIPWAY_SOAK_SAMPLES: file, SLIPWAY_SOAK_SECONDS: seconds } = process.env;
/** The timer's own period, which is part of each value. */
const resolutionMs = 10;
const delay = monitorEventLoopDelay({ resolution: resolutionMs });
delay.enable();

appendFileSync(file, "seconds,heap_bytes,rss_bytes,plugin_rss_bytes,descriptors,delay_p99_ms\n");
setInterval(() => {
  // Before the collection below, which stops the event loop.
  const p99 = Math.max(0, delay.percentile(99) / 1e6 - resolutionMs);
  globalThis.gc();
  const { heapUsed, rss } = process.memoryUsage();
  const descriptors = readdirSync("/proc/self/fd").length;
  const values = [performance.now() / 1000, heapUsed, rss, pluginRss(), descriptors, p99];
  appendFileSync(file, `${values.map((value) => Math.round(value * 10) / 10).join(",")}\n`);
  // The next turns of the loop still see the pause of the collection.
  setTimeout(() => delay.reset(), 3 * resolutionMs).unref();
}, Number(seconds) * 1000).unref();

/** Resident memory of all child processes. */
function pluginRss() {
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, "utf8").split(" ").filter(Boolean);
  let bytes = 0;
  for (const pid of children) {
    try {
      const [, kibibytes] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
      bytes += Number(kibibytes ?? 0) * 1024;
    } catch {
      // It has ended.
    }
  }
  return bytes;
}
