import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { Turns } from "./keyed-mutex.js";

const never = new AbortController().signal;

test("runs work of one key one after another, and of two keys at once", async () => {
  const turns = new Turns();
  const log: string[] = [];
  const work = (name: string, ms: number) => async () => {
    log.push(`${name} begins`);
    await sleep(ms);
    log.push(`${name} ends`);
  };
  await Promise.all([
    turns.take("a", never, work("a1", 30)),
    turns.take("a", never, work("a2", 1)),
    turns.take("b", never, work("b", 10)),
  ]);
  expect(log).toEqual(["a1 begins", "b begins", "b ends", "a1 ends", "a2 begins", "a2 ends"]);
});

test("goes on after work that failed", async () => {
  const turns = new Turns();
  const failed = turns.take("a", never, async () => {
    throw new Error("no");
  });
  const after = turns.take("a", never, async () => "yes");
  await expect(failed).rejects.toThrow("no");
  expect(await after).toBe("yes");
});

test("one who leaves the queue does not run, and those behind still wait for those before", async () => {
  const turns = new Turns();
  const log: string[] = [];
  const leaver = new AbortController();
  const first = turns.take("a", never, async () => {
    await sleep(30);
    log.push("first");
  });
  const second = turns.take("a", leaver.signal, async () => void log.push("second"));
  const third = turns.take("a", never, async () => void log.push("third"));
  leaver.abort(new Error("left"));
  await expect(second).rejects.toThrow("left");
  await Promise.all([first, third]);
  expect(log).toEqual(["first", "third"]);
});
