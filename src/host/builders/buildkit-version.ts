import type { ReadyNode } from "../nodes/ready-node.js";

/** Version of the node's BuildKit. Daemons before 0.11 do not report one; the version is empty then. */
export async function buildkitVersion({ workers, client }: ReadyNode, signal?: AbortSignal): Promise<string> {
  const version = workers[0]?.buildkitVersion?.version;
  if (version) return version;
  const info = await client.control.info({}, { signal }).catch(() => undefined);
  return info?.buildkitVersion?.version ?? "";
}
