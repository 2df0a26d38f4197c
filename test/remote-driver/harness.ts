import { create } from "@bufbuild/protobuf";
import { onTestFinished } from "vitest";
import { driver } from "../../plugins/remote/src/driver.js";
import { type NodeConfig, NodeConfigSchema, type NodeStatusInit } from "../../src/driver/index.js";
import { lab, type RunningBuildkitd, startBuildkitd } from "../lab/index.js";

export { failure } from "../host/failure.js";

/** Driver options. */
export type Options = Record<string, string>;

/** A call that nobody cancels. */
export const call = { signal: new AbortController().signal, progress: async () => {}, credentials: {} };

/** The node of a daemon. */
export function node(endpoint: string, options: Options = {}): NodeConfig {
  return create(NodeConfigSchema, { builder: "remote0", node: "remote00", endpoint, options });
}

/** The driver's status of a daemon. */
export function inspect(endpoint: string, options: Options = {}): Promise<NodeStatusInit> {
  return driver.inspect(node(endpoint, options), call);
}

/** Starts a daemon that stops when the test ends. */
export async function daemon(listen: "unix" | "tcp" | "tls"): Promise<RunningBuildkitd> {
  const buildkitd = await startBuildkitd({ listen });
  onTestFinished(() => buildkitd.stop());
  return buildkitd;
}

/** Path of the socket of the lab's daemon. */
export function labSocket(): string {
  return lab().buildkitd.address.slice("unix://".length);
}
