import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { endIfStalled } from "./end-if-stalled.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Numbers, each after a second, and whether what the source holds is released. */
function counter() {
  const state = { isOpen: true };
  async function* count() {
    try {
      for (let value = 0; ; value += 1) {
        await new Promise((resolve) => setTimeout(resolve, 1000));
        yield value;
      }
    } finally {
      state.isOpen = false;
    }
  }
  return { state, items: endIfStalled(count(), 100, () => new Error("stalled")) };
}

it("releases what the source holds when the reader stalls, before the reader comes back", async () => {
  const { state, items } = counter();
  const first = items.next();
  await vi.advanceTimersByTimeAsync(1000);
  expect(await first).toEqual({ done: false, value: 0 });
  await vi.advanceTimersByTimeAsync(99);
  expect(state.isOpen).toBe(true);
  await vi.advanceTimersByTimeAsync(1);
  expect(state.isOpen).toBe(false);
  await expect(items.next()).rejects.toThrow("stalled");
});

it("does not count the time that the source takes, and ends the source when the reader leaves", async () => {
  const { state, items } = counter();
  for (const value of [0, 1, 2]) {
    const next = items.next();
    await vi.advanceTimersByTimeAsync(1000);
    expect(await next).toEqual({ done: false, value });
  }
  await items.return(undefined);
  await vi.advanceTimersByTimeAsync(1000);
  expect(state.isOpen).toBe(false);
});
