import type { BuildProgress } from "../../gen/slipway/build/v1/build_progress_pb.js";

/** Shows the progress of a build. */
export interface Display {
  /** Sets the builder's name and driver. Optional; called before the first update. */
  describe(builder: { builder: string; driver: string }): void;
  /** Adds a batch of changes. */
  update(progress: BuildProgress): void;
  /** Shows the changes. */
  refresh(): void;
  /** Shows the end, and restores the terminal. */
  close(): void;
}

/** Output and clock of a display. */
export interface DisplayOptions {
  /** Writes text to the output. */
  write(text: string): void;
  /** Milliseconds since the epoch. */
  now(): number;
}
