import { parseDuration } from "slipway/driver";
import type { PoolLimits } from "./plan.js";

/** The settings of a pool of workers. */
export interface PoolSettings extends PoolLimits {
  /** How long a worker that is deleted may finish its build, in seconds. */
  graceSeconds: number;
}

/** Reads the settings of a pool from options in normal form; undefined for a node that is not a pool. */
export function readPoolSettings(options: Record<string, string>): PoolSettings | undefined {
  if (!options["pool.max"]) return undefined;
  return {
    max: Number(options["pool.max"]),
    min: Number(options["pool.min"]),
    idleMs: parseDuration(options["pool.idle"]!),
    stealMs: parseDuration(options["pool.steal"]!),
    graceSeconds: Math.ceil(parseDuration(options["pool.grace"]!) / 1000),
  };
}
