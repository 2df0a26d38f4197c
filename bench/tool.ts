import { join } from "node:path";
import type { ProcessCost } from "./measure.js";
import type { ResidentCost } from "./resident.js";

/** The names under which the two appear, in the order of the tables. */
export const toolNames = ["buildx", "slipway"] as const;
export type ToolName = (typeof toolNames)[number];

/** One of the two programs that are compared, set up for one engine. */
export interface Tool {
  readonly name: ToolName;
  /** Builds a folder and returns what the client's process cost. */
  build(context: string, result: Result): Promise<ProcessCost>;
  /** Creates a builder of that name and boots it, from an image that the engine or cluster has. */
  boot(builder: string, image: string): Promise<ProcessCost>;
  /** Removes a builder with its container or pods, and its state. */
  remove(builder: string): Promise<void>;
  /** Starts watching the processes that serve the client; the function returned tells what they used since. */
  watchServers(): Promise<() => Promise<ServerCosts>>;
  close(): Promise<void>;
}

/** How a tool is set up. */
export interface ToolOptions {
  /** Driver of the builders that are booted. Default: docker-container. */
  driver?: string;
  /** Further variables of its environment. */
  variables?: Record<string, string>;
}

/** The environment of a tool: nothing of the user's own settings but the PATH. */
export function environmentOf(
  folder: string,
  dockerHost: string,
  variables: Record<string, string> = {},
): Record<string, string | undefined> {
  return {
    PATH: process.env.PATH,
    HOME: folder,
    DOCKER_CONFIG: join(folder, "docker"),
    DOCKER_HOST: dockerHost,
    ...variables,
  };
}

/** What a build is for. */
export interface Result {
  /** Name of an image in the engine's store; without one the result stays in the build cache. */
  image?: string;
  /** The builder, whose image is loaded into the store; default: the engine's own, which needs no loading. */
  builder?: string;
}

/** The flags of `build` for a result; both tools have the same. */
export function buildFlags({ image, builder }: Result): string[] {
  return [
    "--progress=plain",
    ...(builder ? ["--builder", builder] : []),
    ...(image ? ["-t", image] : []),
    ...(image && builder ? ["--load"] : []),
  ];
}

/** The command that creates a builder and boots it; both tools have the same. */
export function bootCommand(builder: string, image: string, driver = "docker-container"): string[] {
  const options = ["--driver", driver, "--driver-opt", `image=${image}`];
  return ["create", "--name", builder, ...options, "--bootstrap"];
}

/** What the processes behind the client used; empty where the client does everything itself. */
export interface ServerCosts {
  host?: ResidentCost;
  /** All of them together. */
  plugins?: ResidentCost;
}

/** One run of a case with one tool: one client or several at once. */
export interface Sample {
  /** Wall time until the last client had ended, in seconds. */
  seconds: number;
  /** User and system time of clients, host and plugins, in seconds. */
  cpuSeconds: number;
  /** Largest resident sets of the clients, added up, in bytes. */
  clientBytes: number;
  hostBytes?: number;
  /** Largest resident sets of the plugins, added up, in bytes. */
  pluginBytes?: number;
}

/** Runs one or several clients at once, and measures all of them together with what serves them. */
export async function takeSample(tool: Tool, runs: readonly (() => Promise<ProcessCost>)[]): Promise<Sample> {
  const tellServers = await tool.watchServers();
  const start = performance.now();
  const clients = await Promise.all(runs.map((run) => run()));
  const seconds = clients.length === 1 ? clients[0]!.seconds : (performance.now() - start) / 1000;
  const { host, plugins } = await tellServers();
  const cpu = [...clients, host, plugins].map((cost) => cost?.cpuSeconds ?? 0);
  return {
    seconds,
    cpuSeconds: sum(cpu),
    clientBytes: sum(clients.map(({ peakBytes }) => peakBytes)),
    hostBytes: host?.peakBytes,
    pluginBytes: plugins?.peakBytes,
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
