import { isAbsolute, normalize } from "node:path";
import { readGoBool, readGoDuration } from "../util/go-values.js";

/** Reads the value of an option. Returns its normal form, or throws an Error with a clause: "expected …". */
export type ReadValue = (value: string) => string;

/** Reads what Go's strconv.ParseBool reads. */
export function parseBool(value: string): boolean {
  const read = readGoBool(value);
  if (read === undefined) throw new Error("expected true or false");
  return read;
}

/** Reads a decimal integer of at most 64 bits. */
export function parseInteger(value: string): bigint {
  if (!/^[+-]?\d+$/.test(value)) throw new Error("expected a whole number");
  const number = BigInt(value.replace("+", ""));
  if (number !== BigInt.asIntN(64, number)) throw new Error("the number is too large");
  return number;
}

/** Reads a number of bytes as docker does (units.RAMInBytes): with binary suffixes in either case. */
export function parseBytes(value: string): number {
  const match = /^(\d+(?:\.\d+)?) ?([kmgtp]?)(?:i?b)?$/i.exec(value);
  if (!match) throw new Error('expected a number of bytes such as "512m" or "2g"');
  const power = ["", "k", "m", "g", "t", "p"].indexOf(match[2]!.toLowerCase());
  const bytes = Math.floor(Number(match[1]) * 1024 ** power);
  if (!Number.isSafeInteger(bytes)) throw new Error("the number of bytes is too large");
  return bytes;
}

/** Reads a duration as Go does ("1m30s"); in milliseconds. */
export function parseDuration(value: string): number {
  const read = readGoDuration(value);
  if (read === undefined) throw new Error('expected a duration such as "1m30s"');
  return read;
}

/** Writes a duration as Go does: "1m30s", "1.5s", "250ms"; from milliseconds. */
export function formatDuration(ms: number): string {
  if (ms === 0) return "0s";
  const sign = ms < 0 ? "-" : "";
  const size = Math.abs(ms);
  if (size < 1e-3) return `${sign}${Math.round(size * 1e6)}ns`;
  if (size < 1) return `${sign}${trimmed(size * 1e3, 3)}µs`;
  if (size < 1000) return `${sign}${trimmed(size, 6)}ms`;
  const hours = Math.floor(size / 3.6e6);
  const minutes = Math.floor((size % 3.6e6) / 60_000);
  const seconds = `${trimmed((size % 60_000) / 1000, 9)}s`;
  if (hours > 0) return `${sign}${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${sign}${minutes}m${seconds}` : `${sign}${seconds}`;
}

function trimmed(value: number, digits: number): string {
  return String(Number(value.toFixed(digits)));
}

/** Checks a Kubernetes quantity and returns it unchanged. */
export function parseQuantity(value: string): string {
  if (!/^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[numkMGTPE]|[KMGTPE]i|[eE][+-]?\d+)?$/.test(value)) {
    throw new Error('expected a quantity such as "500m" or "2Gi"');
  }
  return value;
}

/** Checks an absolute path and resolves "." and ".." in it. */
export function parsePath(value: string): string {
  if (!isAbsolute(value)) throw new Error("expected an absolute path");
  if (value.includes("\0")) throw new Error("a path cannot contain a zero byte");
  return normalize(value);
}

/** Reads key=value pairs separated by commas. */
export function parseMap(value: string): Map<string, string> {
  const pairs = new Map<string, string>();
  for (const pair of value.split(",")) {
    const at = pair.indexOf("=");
    const key = pair.slice(0, at).trim();
    if (at < 0 || key === "") throw new Error("expected key=value pairs separated by commas");
    if (pairs.has(key)) throw new Error(`the key ${key} is given twice`);
    pairs.set(key, pair.slice(at + 1).trim());
  }
  return pairs;
}
