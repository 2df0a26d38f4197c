import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { withSteps } from "./steps.js";

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
