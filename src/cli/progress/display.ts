import type { BuildProgress } from "../../gen/slipway/v1/build_event_pb.js";

/** A way to show a build's progress. */
export interface Display {
  /** Says which builder works; called before the first update, if at all. */
  describe(builder: { builder: string; driver: string }): void;
  /** Takes in a batch of changes. */
  update(progress: BuildProgress): void;
  /** Shows what has changed. */
  refresh(): void;
  /** Shows the end, and gives the screen back as it was. */
  close(): void;
}

/** What a display stands on. */
export interface DisplayOptions {
  /** Writes text where progress goes. */
  write(text: string): void;
  /** Milliseconds since the epoch. */
  now(): number;
}
