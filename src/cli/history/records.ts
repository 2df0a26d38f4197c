import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { type HistoryRecord, HistoryState } from "../../gen/slipway/v1/history_pb.js";

/** "builder/node/reference" */
export function recordRef({ builder, node, ref }: HistoryRecord): string {
  return `${builder}/${node}/${ref}`;
}

/** buildx's words for the states. */
const names: Record<HistoryState, string> = {
  [HistoryState.UNSPECIFIED]: "",
  [HistoryState.RUNNING]: "Running",
  [HistoryState.SUCCEEDED]: "Completed",
  [HistoryState.FAILED]: "Error",
  [HistoryState.CANCELED]: "Canceled",
};

/** "Running", "Completed", "Error", "Canceled" */
export function statusName({ state }: HistoryRecord): string {
  return names[state];
}

/** Duration of a build so far, in milliseconds. */
function buildMs(record: HistoryRecord): number {
  return buildNanoseconds(record) / 1e6;
}

/** Duration of a build so far, in nanoseconds. */
export function buildNanoseconds({ startTime, endTime }: HistoryRecord): number {
  if (!startTime) return 0;
  const end = endTime ?? timestampFromMs(Date.now());
  return Number(end.seconds - startTime.seconds) * 1e9 + end.nanos - startTime.nanos;
}

/** Duration of a build as buildx shows it: "12.3s", "2m  5s", with a plus if it is running. */
export function buildSeconds(record: HistoryRecord): string {
  const seconds = buildMs(record) / 1000;
  const whole = String(Math.trunc(seconds % 60)).padStart(2);
  const text = seconds < 60 ? `${seconds.toFixed(1)}s` : `${Math.trunc(seconds / 60)}m ${whole}s`;
  return record.endTime ? text : `${text}+`;
}
