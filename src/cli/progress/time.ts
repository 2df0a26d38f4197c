import type { Timestamp } from "@bufbuild/protobuf/wkt";

/** Milliseconds since the epoch, with fractions; undefined for a missing time. */
export function millis(time: Timestamp): number;
export function millis(time: Timestamp | undefined): number | undefined;
export function millis(time: Timestamp | undefined): number | undefined {
  return time && Number(time.seconds) * 1000 + time.nanos / 1e6;
}
