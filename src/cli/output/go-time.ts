import type { Timestamp } from "@bufbuild/protobuf/wkt";

/** Go's zero time. */
export const zeroTime = "0001-01-01T00:00:00Z";

/** Formats a time as Go's RFC3339Nano does, without trailing zeros. */
export function rfc3339(time: Timestamp): string;
export function rfc3339(time: Timestamp | undefined): string | undefined;
export function rfc3339(time: Timestamp | undefined): string | undefined {
  return time && `${dateOf(time)}T${clockOf(time)}Z`;
}

/** Formats a time as Go prints it: "2026-01-31 12:00:00.5 +0000 UTC". */
export function goTime(time: Timestamp): string {
  return `${dateOf(time)} ${clockOf(time)} +0000 UTC`;
}

function dateOf({ seconds }: Timestamp): string {
  return new Date(Number(seconds) * 1000).toISOString().slice(0, 10);
}

function clockOf({ seconds, nanos }: Timestamp): string {
  const fraction = String(nanos).padStart(9, "0").replace(/0+$/, "");
  return new Date(Number(seconds) * 1000).toISOString().slice(11, 19) + (fraction && `.${fraction}`);
}
