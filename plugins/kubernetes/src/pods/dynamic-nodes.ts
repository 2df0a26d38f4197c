import type { V1Pod } from "@kubernetes/client-node";
import type { NodeStatusInit } from "slipway/driver";
import { describePod } from "./describe.js";

/** A pod as clients see it. */
export type DynamicNodeInit = NonNullable<NodeStatusInit["dynamicNodes"]>[number] & { name: string };

/** Converts a pod. */
export function dynamicNode(pod: V1Pod, platforms: string[]): DynamicNodeInit {
  const { state, reason, message } = describePod(pod);
  return { name: pod.metadata?.name ?? "", state, reason, message, platforms };
}
