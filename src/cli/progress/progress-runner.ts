import type { BuildProgress } from "../../gen/slipway/build/v1/build_progress_pb.js";
import type { Display } from "./display.js";

/** Minimum time between two refreshes because of changes, in milliseconds. */
const refreshInterval = 100;
/** Time without changes after which the display refreshes, in milliseconds. */
const idleInterval = 150;

/** Refreshes a display at BuildKit's rate, which TTY_DISPLAY_RATE overrides (in milliseconds). */
export class ProgressRunner {
  readonly #display: Display;
  readonly #refreshInterval: number;
  readonly #idleInterval: number;
  #lastRefresh = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;

  constructor(display: Display, rate = Number.parseInt(process.env.TTY_DISPLAY_RATE ?? "", 10)) {
    this.#display = display;
    this.#refreshInterval = rate > 0 ? rate : refreshInterval;
    this.#idleInterval = rate > 0 ? rate : idleInterval;
    this.#restartTimer();
  }

  update(progress: BuildProgress): void {
    this.#display.update(progress);
    const now = performance.now();
    if (now - this.#lastRefresh >= this.#refreshInterval) {
      this.#lastRefresh = now;
      this.#display.refresh();
    }
    this.#restartTimer();
  }

  /** Shows the end. */
  close(): void {
    clearInterval(this.#timer);
    this.#display.close();
  }

  #restartTimer(): void {
    clearInterval(this.#timer);
    this.#timer = setInterval(() => this.#display.refresh(), this.#idleInterval);
  }
}
