import { expect, it, vi } from "vitest";
import { QuickCalls } from "./quick-calls.js";

it("makes calls on other threads for a while after a slow one", async () => {
  let now = 1000;
  const clock = vi.spyOn(performance, "now").mockImplementation(() => now);
  const calls = new QuickCalls();
  const call = (ms: number) =>
    calls.call(
      () => {
        now += ms;
        return "quick";
      },
      async () => "other",
    );
  expect([await call(0.5), await call(20), await call(0)]).toEqual(["quick", "quick", "other"]);
  now += 100;
  expect(await call(0)).toBe("quick");
  const failing = calls.call(
    () => {
      now += 20;
      throw new Error("gone");
    },
    async () => "other",
  );
  await expect(failing).rejects.toThrow("gone");
  expect(await call(0)).toBe("other");
  clock.mockRestore();
});
