import { join } from "node:path";
import type { ProcessCost } from "./measure.js";
import type { ResidentCost } from "./resident.js";

/** The names of the tools, in the order of the tables. */
export const toolNames = ["buildx", "slipway"] as const;
export type ToolName = (typeof toolNames)[number];

/** A program to compare, set up for an engine. */
export interface Tool {
  readonly name: ToolName;
  /** Builds a folder and returns the cost of the client's process. */
  build: Build;
  /** The same build by clients of the API, if the tool has an API. */
  readonly calls: Partial<Record<Language, Build>>;
  /** The same build when nothing of the tool runs yet. What it starts is stopped, which is not measured. */
  firstBuild: Build;
  /** Runs any other command, such as `version`. */
  command(args: readonly string[]): Promise<ProcessCost>;
  /** Creates and boots a builder from an image of the engine or cluster. */
  boot(builder: string, image: string): Promise<ProcessCost>;
  /** Removes a builder with its containers or pods, and its state. */
  remove(builder: string): Promise<void>;
  /** Starts to measure the processes that serve the client. The returned function returns their cost. */
  watchServers(): Promise<() => Promise<ServerCosts>>;
  close(): Promise<void>;
}

/** Builds a folder. Returns the cost of the client's process; without CPU time and memory for a call of the API. */
export type Build = (context: string, result: Result) => Promise<ProcessCost>;

/** The languages of the clients that the benchmark calls. */
export type Language = "typescript" | "go";

/** Options of a tool. */
export interface ToolOptions {
  /** Driver of the builders to boot. Default: docker-container. */
  driver?: string;
  /** Additional environment variables. */
  variables?: Record<string, string>;
}

/** The environment of a tool: none of the user's settings except PATH. */
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

/** The result of a build. */
export interface Result {
  /** Name of an image in the engine's store. Without a name, the result is only cached. */
  image?: string;
  /** The builder, whose image is loaded into the store. Default: the engine's builder, which needs no loading. */
  builder?: string;
}

/** The flags of `build` for a result, the same for both tools. */
export function buildFlags({ image, builder }: Result): string[] {
  return [
    "--progress=plain",
    ...(builder ? ["--builder", builder] : []),
    ...(image ? ["-t", image] : []),
    ...(image && builder ? ["--load"] : []),
  ];
}

/** The command that creates and boots a builder, the same for both tools. */
export function bootCommand(builder: string, image: string, driver = "docker-container"): string[] {
  const options = ["--driver", driver, "--driver-opt", `image=${image}`];
  return ["create", "--name", builder, ...options, "--bootstrap"];
}

/** Cost of the processes that serve the client; empty if there are none. */
export interface ServerCosts {
  host?: ResidentCost;
  /** Total of all plugins. */
  plugins?: ResidentCost;
}

/** One measurement of a tool, with one or more concurrent clients. */
export interface Sample {
  /** Wall time until the last client exited, in seconds. */
  seconds: number;
  /** User and system time of clients, host and plugins, in seconds. */
  cpuSeconds: number;
  /** Sum of the clients' maximum resident sets, in bytes. */
  clientBytes: number;
  hostBytes?: number;
  /** Sum of the plugins' maximum resident sets, in bytes. */
  pluginBytes?: number;
  /** Memory of host and plugins at the end, in bytes; see {@link ResidentCost}. */
  pssBytes?: number;
}

/** Runs clients concurrently, and measures them and the processes that serve them. */
export async function takeSample(tool: Tool, runs: readonly (() => Promise<ProcessCost>)[]): Promise<Sample> {
  const serverCosts = await tool.watchServers();
  const start = performance.now();
  const clients = await Promise.all(runs.map((run) => run()));
  const seconds = clients.length === 1 ? clients[0]!.seconds : (performance.now() - start) / 1000;
  const { host, plugins } = await serverCosts();
  const cpu = [...clients, host, plugins].map((cost) => cost?.cpuSeconds ?? 0);
  return {
    seconds,
    cpuSeconds: sum(cpu),
    clientBytes: sum(clients.map(({ peakBytes }) => peakBytes)),
    hostBytes: host?.peakBytes,
    pluginBytes: plugins?.peakBytes,
    pssBytes: clients[0]?.serverBytes ?? (host && plugins && host.pssBytes + plugins.pssBytes),
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
