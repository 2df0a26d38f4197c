import { expect, it } from "vitest";
import { mergeStreams } from "./merge-streams.js";

async function* of<T>(...items: T[]) {
  yield* items;
}

it("each stream keeps its order, and all items arrive", async () => {
  const seen: string[] = [];
  for await (const item of mergeStreams([of("a1", "a2", "a3"), of("b1", "b2")])) seen.push(item);
  expect(seen.filter((item) => item.startsWith("a"))).toEqual(["a1", "a2", "a3"]);
  expect(seen.filter((item) => item.startsWith("b"))).toEqual(["b1", "b2"]);
});

it("the failure of a stream is the failure of all", async () => {
  async function* failing() {
    yield 1;
    throw new Error("broken");
  }
  const read = async () => {
    for await (const _ of mergeStreams([failing(), of(1, 2)]));
  };
  await expect(read()).rejects.toThrow("broken");
});

it("a reader that leaves ends a stream that is about to deliver", async () => {
  let ended = false;
  async function* endless() {
    try {
      for (;;) yield 1;
    } finally {
      ended = true;
    }
  }
  for await (const _ of mergeStreams([endless()])) break;
  await expect.poll(() => ended).toBe(true);
});
