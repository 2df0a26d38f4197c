import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { PlainDisplay } from "./plain.js";
import { ProgressRunner } from "./progress-runner.js";
import { recorded, rendered } from "./recorded.test-helper.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Plays a recording at a constant rate and returns the output. */
function play(name: string, pace: number): string {
  let text = "";
  const write = (written: string) => {
    text += written;
  };
  const display = new PlainDisplay({ write, now: () => Date.now() });
  display.describe({ builder: "default", driver: "docker" });
  const runner = new ProgressRunner(display);
  for (const { progress } of recorded(name)) {
    runner.update(progress);
    vi.advanceTimersByTime(pace);
  }
  runner.close();
  return text;
}

// At 160 ms, each batch is printed before the next one arrives. At 0 ms, all are printed at the end.
for (const pace of [160, 0]) {
  for (const name of ["success", "cached", "failure", "parallel", "group", "warnings"]) {
    test(`prints ${name} at ${pace} ms as BuildKit does`, () => {
      expect(play(name, pace)).toBe(rendered(name, pace));
    });
  }
}
