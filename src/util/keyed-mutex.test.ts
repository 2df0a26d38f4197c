import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { KeyedMutex } from "./keyed-mutex.js";

const never = new AbortController().signal;

test("runs work with the same key in order, and work with different keys concurrently", async () => {
  const mutex = new KeyedMutex();
  const log: string[] = [];
  const work = (name: string, ms: number) => async () => {
    log.push(`${name} starts`);
    await sleep(ms);
    log.push(`${name} ends`);
  };
  await Promise.all([
    mutex.runExclusive("a", never, work("a1", 30)),
    mutex.runExclusive("a", never, work("a2", 1)),
    mutex.runExclusive("b", never, work("b", 10)),
  ]);
  expect(log).toEqual(["a1 starts", "b starts", "b ends", "a1 ends", "a2 starts", "a2 ends"]);
});

test("continues after failed work", async () => {
  const mutex = new KeyedMutex();
  const failed = mutex.runExclusive("a", never, async () => {
    throw new Error("no");
  });
  const after = mutex.runExclusive("a", never, async () => "yes");
  await expect(failed).rejects.toThrow("no");
  expect(await after).toBe("yes");
});

test("a waiter that aborts does not run, and later waiters still wait for earlier ones", async () => {
  const mutex = new KeyedMutex();
  const log: string[] = [];
  const controller = new AbortController();
  const first = mutex.runExclusive("a", never, async () => {
    await sleep(30);
    log.push("first");
  });
  const second = mutex.runExclusive("a", controller.signal, async () => void log.push("second"));
  const third = mutex.runExclusive("a", never, async () => void log.push("third"));
  controller.abort(new Error("aborted"));
  await expect(second).rejects.toThrow("aborted");
  await Promise.all([first, third]);
  expect(log).toEqual(["first", "third"]);
});
