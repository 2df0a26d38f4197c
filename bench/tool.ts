import type { ProcessCost } from "./measure.js";
import type { ResidentCost } from "./resident.js";

/** The names under which the two appear, in the order of the tables. */
export const toolNames = ["buildx", "slipway"] as const;
export type ToolName = (typeof toolNames)[number];

/** One of the two programs that are compared, set up for one engine. */
export interface Tool {
  readonly name: ToolName;
  /** Builds a folder as an image of that name and returns what the client's process cost. */
  build(context: string, image: string): Promise<ProcessCost>;
  /** Starts watching the processes that serve the client; the function returned tells what they used since. */
  watchServers(): Promise<() => Promise<ServerCosts>>;
  close(): Promise<void>;
}

/** What the processes behind the client used; empty where the client does everything itself. */
export type ServerCosts = Partial<Record<"host" | "plugin", ResidentCost>>;

/** One run of a case with one tool: one client or several at once. */
export interface Sample {
  /** Wall time until the last client had ended, in seconds. */
  seconds: number;
  /** User and system time of clients, host and plugin, in seconds. */
  cpuSeconds: number;
  /** Largest resident sets of the clients, added up, in bytes. */
  clientBytes: number;
  hostBytes?: number;
  pluginBytes?: number;
}

/** Builds with one or several clients at once, and measures all of them together with what serves them. */
export async function takeSample(
  tool: Tool,
  builds: readonly { context: string; image: string }[],
): Promise<Sample> {
  const tellServers = await tool.watchServers();
  const start = performance.now();
  const clients = await Promise.all(builds.map(({ context, image }) => tool.build(context, image)));
  const seconds = clients.length === 1 ? clients[0]!.seconds : (performance.now() - start) / 1000;
  const { host, plugin } = await tellServers();
  const cpu = [...clients, host, plugin].map((cost) => cost?.cpuSeconds ?? 0);
  return {
    seconds,
    cpuSeconds: sum(cpu),
    clientBytes: sum(clients.map(({ peakBytes }) => peakBytes)),
    hostBytes: host?.peakBytes,
    pluginBytes: plugin?.peakBytes,
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
