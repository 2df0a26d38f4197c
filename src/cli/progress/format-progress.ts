import type { VertexStatus } from "../../gen/slipway/build/v1/build_progress_pb.js";

const units = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];

/** Bytes in the format of BuildKit's progress: decimal units, two digits ("98B", "1.23kB"). */
function formatBytes(bytes: bigint): string {
  let value = Number(bytes);
  let unit = 0;
  while (Math.abs(value) >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return unit === 0 ? `${bytes}B` : `${value.toFixed(2)}${units[unit]}`;
}

/** The progress of a task ("1.00MB / 2.00MB"); empty if BuildKit reports no amount. */
export function formatAmount({ current, total }: Pick<VertexStatus, "current" | "total">): string {
  if (total !== 0n) return `${formatBytes(current)} / ${formatBytes(total)}`;
  return current === 0n ? "" : formatBytes(current);
}
