import { create } from "@bufbuild/protobuf";
import { type Duration, DurationSchema, durationMs } from "@bufbuild/protobuf/wkt";

/** Converts BuildKit's nanoseconds; 0 means no duration. */
export function durationOf(nanoseconds: bigint): Duration | undefined {
  if (nanoseconds === 0n) return undefined;
  return create(DurationSchema, {
    seconds: nanoseconds / 1_000_000_000n,
    nanos: Number(nanoseconds % 1_000_000_000n),
  });
}

/** Converts a duration to BuildKit's nanoseconds; undefined is 0. */
export function nanosecondsOf(duration: Duration | undefined): bigint {
  return duration ? duration.seconds * 1_000_000_000n + BigInt(duration.nanos) : 0n;
}

/** The timeout of a request in milliseconds: the maximum unless the request has a shorter one. */
export function timeoutOf({ timeout }: { timeout?: Duration }, maxMs: number, defaultMs = maxMs): number {
  return Math.min(millisecondsOf(timeout) ?? defaultMs, maxMs);
}

/** Converts a duration to milliseconds. */
export function millisecondsOf(duration: Duration | undefined): number | undefined {
  return duration && durationMs(duration);
}
