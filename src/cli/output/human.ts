/** Formats of docker's go-units for sizes and durations. */
const decimal = ["B", "kB", "MB", "GB", "TB", "PB"];
const binary = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

/** Bytes in decimal units with four digits: "1.068MB". */
export function humanSize(bytes: bigint | number): string {
  return scaled(Number(bytes), 1000, decimal);
}

/** Bytes in binary units with four digits: "3.346GiB". */
export function binarySize(bytes: bigint | number): string {
  return scaled(Number(bytes), 1024, binary);
}

function scaled(value: number, base: number, units: string[]): string {
  let unit = 0;
  while (value >= base && unit < units.length - 1) {
    value /= base;
    unit++;
  }
  return `${Number(value.toPrecision(4))}${units[unit]}`;
}

/** An approximate duration: "About an hour", "3 days". */
export function humanDuration(milliseconds: number): string {
  const seconds = Math.trunc(milliseconds / 1000);
  if (seconds < 1) return "Less than a second";
  if (seconds === 1) return "1 second";
  if (seconds < 60) return `${seconds} seconds`;
  const minutes = Math.trunc(seconds / 60);
  if (minutes === 1) return "About a minute";
  if (minutes < 60) return `${minutes} minutes`;
  const hours = Math.round(seconds / 3600);
  if (hours === 1) return "About an hour";
  if (hours < 48) return `${hours} hours`;
  if (hours < 24 * 7 * 2) return `${Math.trunc(hours / 24)} days`;
  if (hours < 24 * 30 * 2) return `${Math.trunc(hours / 24 / 7)} weeks`;
  if (hours < 24 * 365 * 2) return `${Math.trunc(hours / 24 / 30)} months`;
  return `${Math.trunc(hours / 24 / 365)} years`;
}

/** A duration as Go prints it: "48h0m0s", "1.5s", "12ms". */
export function goDuration(milliseconds: number): string {
  if (milliseconds > 0 && milliseconds < 1000) {
    const nanoseconds = Math.round(milliseconds * 1e6);
    if (nanoseconds < 1000) return `${nanoseconds}ns`;
    return nanoseconds < 1e6 ? `${nanoseconds / 1e3}µs` : `${nanoseconds / 1e6}ms`;
  }
  const seconds = milliseconds / 1000;
  const h = Math.trunc(seconds / 3600);
  const m = Math.trunc((seconds % 3600) / 60);
  const s = Number((seconds % 60).toFixed(9));
  if (h > 0) return `${h}h${m}m${s}s`;
  return m > 0 ? `${m}m${s}s` : `${s}s`;
}
