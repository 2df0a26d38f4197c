import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { type HistoryRecord, HistoryState } from "../../gen/slipway/v1/history_pb.js";

/** "builder/node/reference" */
export function recordRef({ builder, node, ref }: HistoryRecord): string {
  return `${builder}/${node}/${ref}`;
}

/** "Running", "Completed", "Error", "Canceled" */
export function statusName({ state }: HistoryRecord): string {
  const name = HistoryState[state];
  return name[0] + name.slice(1).toLowerCase();
}

/** Duration of a build so far, in milliseconds. */
export function buildMs(record: HistoryRecord): number {
  return buildNanoseconds(record) / 1e6;
}

/** Duration of a build so far, in nanoseconds. */
export function buildNanoseconds({ createTime, completeTime }: HistoryRecord): number {
  if (!createTime) return 0;
  const end = completeTime ?? timestampFromMs(Date.now());
  return Number(end.seconds - createTime.seconds) * 1e9 + end.nanos - createTime.nanos;
}

/** Duration of a build as buildx shows it: "12.3s", "2m  5s", with a plus if it is running. */
export function buildSeconds(record: HistoryRecord): string {
  const seconds = buildMs(record) / 1000;
  const whole = String(Math.trunc(seconds % 60)).padStart(2);
  const text = seconds < 60 ? `${seconds.toFixed(1)}s` : `${Math.trunc(seconds / 60)}m ${whole}s`;
  return record.completeTime ? text : `${text}+`;
}
