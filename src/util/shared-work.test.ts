import { expect, it } from "vitest";
import { SharedWork } from "./shared-work.js";

const never = new AbortController().signal;

/** Work that the test settles; counts how often it was started. */
function controlled() {
  const started: { signal: AbortSignal; resolve(value: string): void; reject(error: Error): void }[] = [];
  const start = (signal: AbortSignal) =>
    new Promise<string>((resolve, reject) => void started.push({ signal, resolve, reject }));
  return { started, start };
}

it("simultaneous callers share one result, and later ones start anew", async () => {
  const shared = new SharedWork();
  const { started, start } = controlled();
  const both = [shared.run("a", never, start), shared.run("a", never, start)];
  const other = shared.run("b", never, start);
  expect(started).toHaveLength(2);
  started[0]!.resolve("first");
  started[1]!.resolve("other");
  expect(await Promise.all([...both, other])).toEqual(["first", "first", "other"]);
  const later = shared.run("a", never, start);
  expect(started).toHaveLength(3);
  started[2]!.resolve("later");
  expect(await later).toBe("later");
});

it("a caller leaves alone, and the last one aborts the work", async () => {
  const shared = new SharedWork();
  const { started, start } = controlled();
  const [one, two] = [new AbortController(), new AbortController()];
  const first = shared.run("a", one.signal, start);
  const second = shared.run("a", two.signal, start);
  one.abort(new Error("left"));
  await expect(first).rejects.toThrow("left");
  expect(started[0]!.signal.aborted).toBe(false);
  two.abort(new Error("left too"));
  await expect(second).rejects.toThrow("left too");
  expect(started[0]!.signal.aborted).toBe(true);
  // The aborted work may take its time to end; nobody joins it.
  const third = shared.run("a", never, start);
  expect(started).toHaveLength(2);
  started[0]!.reject(new Error("aborted"));
  const fourth = shared.run("a", never, start);
  expect(started).toHaveLength(2);
  started[1]!.resolve("again");
  expect(await Promise.all([third, fourth])).toEqual(["again", "again"]);
});

it("all callers get an error", async () => {
  const shared = new SharedWork();
  const { started, start } = controlled();
  const both = [shared.run("a", never, start), shared.run("a", never, start)];
  started[0]!.reject(new Error("broken"));
  const outcomes = await Promise.allSettled(both);
  expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
});

it("starts nothing for a caller that has left", async () => {
  const { started, start } = controlled();
  await expect(new SharedWork().run("a", AbortSignal.abort(), start)).rejects.toThrow();
  expect(started).toHaveLength(0);
});
