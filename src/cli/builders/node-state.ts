import { type DynamicNode, NodeState } from "../../gen/slipway/common/v1/node_state_pb.js";
import type { BuilderInstance, Node } from "../../gen/slipway/v1/builder_pb.js";
import { diagnosticText, joinSentences } from "../output/diagnostics.js";
import { omitEmpty } from "../output/go-json.js";
import { rfc3339, zeroTime } from "../output/go-time.js";

/** The state of a node in one word; buildx's word where it has one. */
export function nodeState(node: Node): string {
  return node.error ? "error" : stateName(node.status?.state);
}

/** The state of a part of a node in one word. */
export function dynamicNodeState({ state }: DynamicNode): string {
  return stateName(state);
}

function stateName(state: NodeState | undefined): string {
  switch (state) {
    case NodeState.ABSENT:
      return "inactive";
    case NodeState.STOPPED:
      return "stopped";
    case NodeState.STARTING:
      return "starting";
    case NodeState.RUNNING:
      return "running";
    case NodeState.STOPPING:
      return "stopping";
    case NodeState.UNREACHABLE:
      return "unreachable";
    default:
      return "";
  }
}

/** The reason why a node is not running, and the remedy; empty if it is running. */
export function nodeReason(node: Node): string {
  if (node.error) return diagnosticText(node.error);
  const { state, message = "", remedy = "" } = node.status ?? {};
  return state === NodeState.RUNNING ? "" : joinSentences(message, remedy);
}

/** The last use of a builder in Go's format; Go's zero time if it was never used. */
export function lastActivity({ lastUseTime }: BuilderInstance): string {
  return lastUseTime ? rfc3339({ ...lastUseTime, nanos: 0 }) : zeroTime;
}

/** The platforms of a node: first the pinned ones, marked with a star, then those of its workers. */
export function nodePlatforms(node: Node): string[] {
  const pinned = node.spec?.platforms ?? [];
  const all = [...node.platforms, ...node.workers.flatMap((worker) => worker.platforms)];
  return [
    ...pinned.map((platform) => `${platform}*`),
    ...new Set(all.filter((platform) => !pinned.includes(platform))),
  ];
}

/** The driver options of a node; "<redacted>" stands for the value of a sensitive one. */
export function driverOptions({ spec, secretOptions }: Node): Record<string, string> {
  const secret = secretOptions.map((name) => [name, "<redacted>"] as const);
  const options = [...Object.entries(spec?.options ?? {}), ...secret];
  return Object.fromEntries(options.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A builder in buildx's JSON. */
export function builderJson(builder: BuilderInstance): object {
  return {
    Name: builder.name,
    Driver: builder.driver,
    Current: builder.current,
    Dynamic: builder.nodes.some((node) => (node.status?.dynamicNodes.length ?? 0) > 0),
    LastActivity: lastActivity(builder),
    Description: builder.description || undefined,
    Origin: builder.origin || undefined,
    Err: builder.error?.message,
    Nodes: builder.nodes.map((node) => ({
      Name: node.spec?.name,
      Endpoint: node.spec?.endpoint,
      Flags: omitEmpty(node.spec?.daemonFlags ?? []),
      DriverOpts: Object.keys(driverOptions(node)).length > 0 ? driverOptions(node) : undefined,
      Status: nodeState(node) || undefined,
      Reason: nodeReason(node) || undefined,
      ChangedSettings: omitEmpty(node.status?.changedFields ?? []),
      DynamicNodes: omitEmpty(
        (node.status?.dynamicNodes ?? []).map((part) => ({
          Name: part.name,
          Status: dynamicNodeState(part),
          Reason: part.message || undefined,
          Platforms: omitEmpty(part.platforms),
        })),
      ),
      Version: node.buildkitVersion || undefined,
      Err: node.error?.message,
      IDs: omitEmpty(node.workers.map(({ id }) => id)),
      Platforms: omitEmpty(node.platforms),
      Labels: node.workers[0]?.labels,
      GCPolicy: omitEmpty(
        (node.workers[0]?.gcPolicies ?? []).map((rule) => ({
          all: rule.all,
          filter: rule.filters.length > 0 ? rule.filters : null,
          keepDuration: Number(rule.keepDuration?.seconds ?? 0n) * 1e9 + (rule.keepDuration?.nanos ?? 0),
          reservedSpace: Number(rule.reservedSpaceBytes),
          maxUsedSpace: Number(rule.maxUsedSpaceBytes),
          minFreeSpace: Number(rule.minFreeSpaceBytes),
        })),
      ),
    })),
  };
}
