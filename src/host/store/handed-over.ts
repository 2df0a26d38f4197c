import type { RestartRecord } from "../../gen/slipway/state/v1/restart_record_pb.js";

/** What is stored of a build that a host has left once more while it ran. */
export function handedOver(record: RestartRecord): RestartRecord {
  return { ...record, handovers: record.handovers + 1 };
}
