import { expect, it, vi } from "vitest";
import { settlesWithin } from "./settles-within.js";

const never = new Promise<void>(() => {});

it("reports whether the promise settled in time, and leaves no timer", async () => {
  vi.useFakeTimers();
  try {
    expect(await settlesWithin(1000, Promise.resolve("early"))).toBe(true);
    await expect(settlesWithin(1000, Promise.reject(new Error("failed")))).rejects.toThrow("failed");
    expect(vi.getTimerCount()).toBe(0);
    const late = settlesWithin(1000, never);
    await vi.advanceTimersByTimeAsync(999);
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(await late).toBe(false);
  } finally {
    vi.useRealTimers();
  }
});
