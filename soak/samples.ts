/** What a host used at one moment, as `probe.mjs` writes it. */
export interface Sample {
  /** Since the host's start. */
  seconds: number;
  /** V8's heap after a forced collection. */
  heap_bytes: number;
  rss_bytes: number;
  /** Resident memory of its plugins. */
  plugin_rss_bytes: number;
  descriptors: number;
  /** 99th percentile of the event loop's delay since the sample before. */
  delay_p99_ms: number;
}

/** Name of a measured value. */
export type Metric = Exclude<keyof Sample, "seconds">;

/** Reads the lines of CSV. */
export function parseSamples(csv: string): Sample[] {
  const [header = "", ...lines] = csv.trim().split("\n");
  const names = header.split(",");
  return lines.map((line) => {
    const values = line.split(",").map(Number);
    return Object.fromEntries(names.map((name, index) => [name, values[index]])) as unknown as Sample;
  });
}
