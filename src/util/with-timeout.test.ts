import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { withTimeout } from "./with-timeout.js";

const never = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));

it("aborts work that takes too long, also when garbage is collected", async () => {
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  const work = withTimeout(200, new AbortController().signal, never);
  const timer = setInterval(collect, 20);
  await expect(work).rejects.toMatchObject({ name: "TimeoutError" });
  clearInterval(timer);
});

it("aborts work with the signal's reason", async () => {
  const abort = new AbortController();
  const work = withTimeout(60_000, abort.signal, never);
  abort.abort("stopped");
  await expect(work).rejects.toBe("stopped");
  await expect(withTimeout(60_000, abort.signal, async (signal) => signal.throwIfAborted())).rejects.toBe(
    "stopped",
  );
});

it("does not end at once for a timeout that is longer than a timer can wait", async () => {
  const work = withTimeout(2 ** 31, new AbortController().signal, async (signal) => {
    await sleep(50);
    return signal.aborted;
  });
  expect(await work).toBe(false);
});

it("returns the result of the work", async () => {
  expect(await withTimeout(1_000, new AbortController().signal, async () => 7)).toBe(7);
});
