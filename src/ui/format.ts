import type { Timestamp } from "@bufbuild/protobuf/wkt";
import type { BuildQueued } from "../gen/slipway/v1/build_event_pb.js";

/** Milliseconds since 1970. */
export function millis(time: Timestamp): number {
  return Number(time.seconds) * 1000 + time.nanos / 1e6;
}

/** "0.4s", "12.3s", "4m 05s", "2h 07m" */
export function duration(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)}s`;
  const whole = Math.floor(seconds);
  const two = (value: number) => String(value).padStart(2, "0");
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${two(whole % 60)}s`;
  return `${Math.floor(whole / 3600)}h ${two(Math.floor(whole / 60) % 60)}m`;
}

/** "just now", "5 min ago", "3 h ago", then the date. */
export function ago(time: number, now: number): string {
  const minutes = Math.floor((now - time) / 60_000);
  if (minutes < 1) return "just now";
  if (minutes < 60) return `${minutes} min ago`;
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ago`;
  return new Date(time).toISOString().slice(0, 10);
}

/** "2026-01-02 03:04:05", in the browser's time zone. */
export function dateTime(time: number): string {
  const date = new Date(time - new Date(time).getTimezoneOffset() * 60_000);
  return date.toISOString().slice(0, 19).replace("T", " ");
}

/** "532 B", "1.5 MB": decimal units, as docker prints sizes. */
export function bytes(size: bigint | number): string {
  let value = Number(size);
  const units = ["B", "kB", "MB", "GB", "TB"];
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 100 ? value.toFixed(0) : value.toFixed(1)} ${units[unit]}`;
}

/** Where a build stands in the queue, and why. */
export function queueText({ place, message }: BuildQueued): string {
  return `${place === 1 ? "Next in the queue" : `Place ${place} in the queue`}. ${message}`;
}

/** The name of an enum's value for people: BUILD_STATE_RUNNING is "running". */
export function words(name: string | undefined): string {
  return (name ?? "unknown").toLowerCase().replaceAll("_", " ");
}
