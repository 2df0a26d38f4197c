import { setMaxListeners } from "node:events";
import { create } from "@bufbuild/protobuf";
import { driver } from "../../plugins/docker/src/driver.js";
import { connectGrpc } from "../../plugins/docker/src/grpc.js";
import { locateEngine } from "../../plugins/engine/src/engine.js";
import { type BuildkitClient, connectBuildkit } from "../../src/buildkit/client.js";
import { type NodeConfig, NodeConfigSchema, type NodeStatusInit } from "../../src/driver/index.js";

export { failure } from "../host/failure.js";

/** A call that nobody cancels. */
export const call = { signal: new AbortController().signal, progress: () => {}, credentials: {} };
// Tests share it among many connections.
setMaxListeners(0, call.signal);

/** The node of an Engine. */
export function node(endpoint: string): NodeConfig {
  return create(NodeConfigSchema, { builder: "default", node: "default", endpoint });
}

/** The driver's status of an Engine. */
export function inspect(endpoint: string): Promise<NodeStatusInit> {
  return driver.inspect(node(endpoint), call);
}

/** Connects to the BuildKit inside an Engine as the host does through the driver's `connect`. */
export async function withBuildkit<T>(
  endpoint: string,
  work: (buildkit: BuildkitClient) => Promise<T>,
): Promise<T> {
  const address = await locateEngine(endpoint);
  const buildkit = connectBuildkit(() => connectGrpc(address, call.signal));
  try {
    return await work(buildkit);
  } finally {
    await buildkit.close();
  }
}
