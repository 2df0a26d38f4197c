import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Activity } from "./activity.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("reports idleness once, after the time without a holder", () => {
  const activity = new Activity();
  const onIdle = vi.fn();
  activity.onIdle(1000, onIdle);
  vi.advanceTimersByTime(900);
  const [first, second] = [activity.hold(), activity.hold()];
  expect(activity.held).toBe(2);
  vi.advanceTimersByTime(5000);
  first();
  first();
  vi.advanceTimersByTime(5000);
  expect(onIdle).not.toHaveBeenCalled();
  second();
  vi.advanceTimersByTime(999);
  expect(onIdle).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(onIdle).toHaveBeenCalledOnce();
  activity.hold()();
  vi.advanceTimersByTime(5000);
  expect(onIdle).toHaveBeenCalledOnce();
});

test("an idle callback can be cancelled", () => {
  const activity = new Activity();
  const onIdle = vi.fn();
  const cancel = activity.onIdle(1000, onIdle);
  cancel();
  activity.hold()();
  vi.advanceTimersByTime(5000);
  expect(onIdle).not.toHaveBeenCalled();
});
