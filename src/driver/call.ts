import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ProgressSchema } from "../gen/slipway/driver/v1/driver_pb.js";

/** What every call carries. */
export interface Call {
  /** Aborts when the caller cancels, the deadline passes, or the plugin shuts down. */
  signal: AbortSignal;
}

/** State of one step of longer work; see slipway.driver.v1.Progress. */
export type Progress = MessageInitShape<typeof ProgressSchema>;

/** A call that reports steps. */
export interface ProgressCall extends Call {
  /** Reports a step. Later reports with the same id replace earlier ones. */
  progress(step: Progress): void;
}
