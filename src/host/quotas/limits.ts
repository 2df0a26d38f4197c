import { availableParallelism } from "node:os";
import { getHeapStatistics } from "node:v8";

/** What the documents say about a limit, and its default. */
export interface LimitInfo {
  /** Unlimited is Infinity. */
  default: number;
  /** The default for people, when it depends on the machine. */
  defaultText?: string;
  /** Durations are in milliseconds. */
  unit: "count" | "bytes" | "duration";
  /** What is counted; Markdown. */
  counts: string;
  /** What happens above it; Markdown. */
  above: string;
}

const refused = "`QUOTA_EXCEEDED`";
const clipped = "further progress is left out: warning `LOG_CLIPPED`";
const evicted = `unused uploads are removed, the least recently used first; then ${refused}`;
const oldest = "the oldest builds are removed, those of the principal that has the most first";

/**
 * The limits that an operator can set, by name. "principal-…" is the share of one principal; it does not apply to the
 * local user, who owns the host. docs/security.md shows this table.
 */
export const limitTable = {
  builds: { default: 1000, unit: "count", counts: "builds that wait in the queue or run", above: refused },
  "principal-builds": {
    default: 50,
    unit: "count",
    counts: "builds that wait in the queue or run",
    above: refused,
  },
  "running-builds": {
    default: 32,
    defaultText: "16 for each core, at least 32",
    unit: "count",
    counts: "running builds",
    above: "builds wait in the [queue](api.md#the-queue)",
  },
  "project-builds": {
    default: Number.POSITIVE_INFINITY,
    unit: "count",
    counts: "running builds of one project",
    above: "builds wait in the [queue](api.md#the-queue)",
  },
  "queued-builds": {
    default: 500,
    unit: "count",
    counts: "builds that wait in the queue",
    above: "`QUEUE_FULL`",
  },
  "queue-time": {
    default: 24 * 3_600_000,
    defaultText: "24h",
    unit: "duration",
    counts: "time that a build waits in the queue",
    above: "the build fails: `QUEUE_TIMEOUT`",
  },
  "build-time": {
    default: Number.POSITIVE_INFINITY,
    unit: "duration",
    counts: "time that a build takes from when it has left the queue",
    above: "the build fails: `BUILD_TIMEOUT`",
  },
  "build-events": { default: 1_000_000, unit: "count", counts: "events of one build", above: clipped },
  "build-log": {
    default: 128 * 2 ** 20,
    unit: "bytes",
    counts: "events of one build, most of it the output of its steps",
    above: clipped,
  },
  "running-log": {
    default: 16 * 2 ** 30,
    unit: "bytes",
    counts: "events of running builds, at least 64 KiB for each",
    above: `${refused} for new builds; of others ${clipped}`,
  },
  "principal-running-log": {
    default: 4 * 2 ** 30,
    unit: "bytes",
    counts: "events of running builds, at least 64 KiB for each",
    above: `${refused} for new builds; of others ${clipped}`,
  },
  "kept-builds": {
    default: 500,
    unit: "count",
    counts: "builds that are kept after their end",
    above: oldest,
  },
  "principal-kept-builds": {
    default: 100,
    unit: "count",
    counts: "builds that are kept after their end",
    above: oldest,
  },
  "kept-log": { default: 4 * 2 ** 30, unit: "bytes", counts: "events of kept builds", above: oldest },
  "principal-kept-log": { default: 2 ** 30, unit: "bytes", counts: "events of kept builds", above: oldest },
  "kept-age": {
    default: Number.POSITIVE_INFINITY,
    unit: "duration",
    counts: "time since the end of a build",
    above: "the build is removed",
  },
  uploads: { default: 2000, unit: "count", counts: "uploads, finished or not", above: evicted },
  "principal-uploads": { default: 500, unit: "count", counts: "uploads, finished or not", above: evicted },
  "open-uploads": { default: 256, unit: "count", counts: "uploads that are not finished", above: refused },
  "principal-open-uploads": {
    default: 64,
    unit: "count",
    counts: "uploads that are not finished",
    above: refused,
  },
  "upload-bytes": {
    default: 256 * 2 ** 30,
    unit: "bytes",
    counts: "contents of uploads, each content once for a principal",
    above: evicted,
  },
  "principal-upload-bytes": {
    default: 32 * 2 ** 30,
    unit: "bytes",
    counts: "contents of uploads, each content once for a principal",
    above: evicted,
  },
  "upload-memory": {
    default: 2 ** 30,
    unit: "bytes",
    counts: "memory for the entries of uploads, about 1 KiB each",
    above: evicted,
  },
  "principal-upload-memory": {
    default: 512 * 2 ** 20,
    unit: "bytes",
    counts: "memory for the entries of uploads, about 1 KiB each",
    above: evicted,
  },
  "upload-cache": {
    default: 2 * 2 ** 30,
    unit: "bytes",
    counts: "contents that no upload uses any more, kept for the next one for 7 days",
    above: "the least recently used are removed",
  },
  "bake-plans": {
    default: 128,
    unit: "count",
    counts: "plans of bakes that are made or wait",
    above: refused,
  },
  "principal-bake-plans": {
    default: 16,
    unit: "count",
    counts: "plans of bakes that are made or wait",
    above: refused,
  },
  "request-memory": {
    default: 2 * 2 ** 30,
    unit: "bytes",
    counts: "requests that have not arrived as a whole or whose calls are open; uploads count apart",
    above: refused,
  },
  "principal-request-memory": {
    default: 256 * 2 ** 20,
    unit: "bytes",
    counts: "requests that have not arrived as a whole or whose calls are open; uploads count apart",
    above: refused,
  },
  calls: { default: 10_000, unit: "count", counts: "open calls, streams too", above: refused },
  "principal-calls": { default: 1000, unit: "count", counts: "open calls, streams too", above: refused },
  connections: {
    default: 1024,
    unit: "count",
    counts: "connections of a listener",
    above: "new ones are closed",
  },
  "address-connections": {
    default: 256,
    unit: "count",
    counts: "connections from one IPv4 address or IPv6 /64 network",
    above: "new ones are closed",
  },
} as const satisfies Record<string, LimitInfo>;

/** Name of a limit. */
export type LimitName = keyof typeof limitTable;

/** The value of every limit; Infinity for none. */
export type Limits = Readonly<Record<LimitName, number>>;

/** Names of all limits. */
export const limitNames = Object.keys(limitTable) as LimitName[];

/** Running builds for each core. A build that mostly waits for its BuildKit takes a small part of one. */
const buildsPerCore = 16;

/**
 * The defaults, with changes. The default of `upload-memory` is at most half of the memory that Node may use, that of
 * `running-builds` grows with the cores.
 */
export function limitsWith(changes: Partial<Limits> = {}): Limits {
  const heap = Math.floor(getHeapStatistics().heap_size_limit / 2);
  const values = limitNames.map((name) => [name, limitTable[name].default]);
  const defaults = Object.fromEntries(values) as Limits;
  return {
    ...defaults,
    "upload-memory": Math.min(defaults["upload-memory"], heap),
    "running-builds": Math.max(defaults["running-builds"], buildsPerCore * availableParallelism()),
    ...changes,
  };
}
