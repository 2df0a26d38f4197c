import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { readTypedError } from "../../errors/typed-error.js";
import type { ReadyNode } from "../nodes/ready-node.js";
import type { EventLog } from "./event-log.js";

/**
 * Records the announcement that the lease of a node ends soon, while a build runs there.
 * @param ended aborts when the build on the node has ended
 */
export function reportDraining({ config, lease }: ReadyNode, events: EventLog, ended: AbortSignal): void {
  const { draining } = lease;
  const report = () => {
    const { reason, message, metadata } = readTypedError(draining.reason);
    const endTime = metadata?.end_time ? timestampFromDate(new Date(metadata.end_time)) : undefined;
    void events.append({ case: "draining", value: { node: config.node, reason, message, endTime } });
  };
  if (draining.aborted) report();
  else draining.addEventListener("abort", report, { signal: ended });
}
