import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ProgressSchema } from "../gen/slipway/common/v1/progress_pb.js";

/** Context of every call. */
export interface Call {
  /** Aborts when the caller cancels, the deadline passes, or the plugin shuts down. */
  signal: AbortSignal;
}

/** State of one step of longer work; see slipway.common.v1.Progress. */
export type Progress = MessageInitShape<typeof ProgressSchema>;

/** A call that reports steps. */
export interface ProgressCall extends Call {
  /**
   * Reports a step. Later reports with the same id replace earlier ones. Resolves when the host has taken it: a driver
   * that waits, at least now and then, keeps the host's pace with its lines of output. Without that, at most 10 000 lines
   * wait, and the others are counted and left out. It never rejects.
   */
  progress(step: Progress): Promise<void>;
}
