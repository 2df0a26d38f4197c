import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { withSteps } from "./steps.js";

/** A promise, and the function that resolves it. */
function withResolvers() {
  let resolve!: () => void;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

test("yields the steps as they are reported, then the result", async () => {
  const seen: string[] = [];
  const work = withSteps(async (progress) => {
    progress({ id: "a" });
    await sleep(5);
    progress({ id: "b" });
    return "done";
  });
  for await (const event of work) seen.push(event.case === "progress" ? event.value.id! : event.value);
  expect(seen).toEqual(["a", "b", "done"]);
});

test("keeps only the latest state of a step for a slow reader, and all of its output", async () => {
  const seen: unknown[] = [];
  const work = withSteps(async (progress) => {
    for (let i = 0; i <= 100_000; i += 1) progress({ id: "pull", current: BigInt(i) });
    progress({ id: "pull", log: "one" });
    progress({ id: "pull", log: "two" });
  });
  for await (const event of work)
    if (event.case === "progress") seen.push(event.value.log ?? event.value.current);
  expect(seen).toEqual([100_000n, "one", "two"]);
});

test("keeps the reader's pace if the work waits, and then loses no line", async () => {
  let reported = 0;
  const lines = 30_000;
  const work = withSteps(async (progress) => {
    while (reported < lines) {
      const burst = Array.from({ length: 100 }, () => progress({ id: "talk", log: `${++reported}` }));
      await burst.at(-1);
    }
  });
  const seen: string[] = [];
  for await (const event of work) {
    if (event.case !== "progress") continue;
    seen.push(event.value.log!);
    expect(reported - seen.length).toBeLessThanOrEqual(100);
  }
  expect(seen).toEqual(Array.from({ length: lines }, (_, index) => `${index + 1}`));
});

test("keeps 10 000 lines of work that does not wait, says how many others it left out, and goes on", async () => {
  const more = withResolvers();
  const work = withSteps(async (progress) => {
    for (let line = 1; line <= 10_007; line += 1) void progress({ id: "talk", log: `${line}` });
    void progress({ id: "talk", done: true });
    await more.promise;
    await progress({ id: "talk", log: "later" });
  });
  const seen: (string | undefined)[] = [];
  for await (const event of work) {
    if (event.case === "progress") seen.push(event.value.log);
    if (seen.length === 10_002) more.resolve();
  }
  const [notice, done, later] = seen.slice(10_000);
  expect([seen[0], seen[9_999]]).toEqual(["1", "10000"]);
  expect(notice).toBe("Lines of output left out, since they came faster than they were read: 7\n");
  expect([done, later]).toEqual([undefined, "later"]);
});

test("releases work that waits when nobody reads any more", async () => {
  const released = withResolvers();
  const work = withSteps(async (progress) => {
    await progress({ id: "a", log: "one" });
    await progress({ id: "a", log: "two" });
    released.resolve();
  });
  await work.next();
  await work.return(undefined);
  await released.promise;
});

test("yields events in their order among the steps", async () => {
  const seen: unknown[] = [];
  const work = withSteps<void, string>(async (progress, event) => {
    progress({ id: "a" });
    await event("chosen");
    progress({ id: "a" });
  });
  for await (const { case: kind, value } of work) seen.push(kind === "event" ? value : kind);
  expect(seen).toEqual(["progress", "chosen", "progress", "result"]);
});

test("throws the error of the work after its steps", async () => {
  const seen: string[] = [];
  const work = withSteps(async (progress) => {
    progress({ id: "a" });
    throw new Error("no more");
  });
  const read = async () => {
    for await (const event of work) seen.push(event.case);
  };
  await expect(read()).rejects.toThrow("no more");
  expect(seen).toEqual(["progress"]);
});
