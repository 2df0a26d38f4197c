import { expect, test } from "vitest";
import { Channel } from "./channel.js";

test("writers keep the reader's pace, and what was sent before the end is read", async () => {
  const channel = new Channel<number>();
  const taken: number[] = [];
  const sent = [1, 2, 3].map((item) => channel.send(item).then(() => taken.push(item)));
  const reader = channel[Symbol.asyncIterator]();
  expect((await reader.next()).value).toBe(1);
  await new Promise(setImmediate);
  expect(taken).toEqual([]);
  expect((await reader.next()).value).toBe(2);
  await sent[0];
  expect(taken).toEqual([1]);
  void channel.send(4);
  channel.close();
  expect([(await reader.next()).value, (await reader.next()).value]).toEqual([3, 4]);
  await Promise.all(sent);
  expect((await reader.next()).done).toBe(true);
});

test("wakes a reader that waits", async () => {
  const channel = new Channel<string>();
  const next = channel[Symbol.asyncIterator]().next();
  void channel.send("late");
  expect((await next).value).toBe("late");
});

test("a failure releases every writer, also the one whose item the reader holds", async () => {
  const channel = new Channel<number>();
  const sent = [1, 2].map((item) => channel.send(item));
  const reader = channel[Symbol.asyncIterator]();
  await reader.next();
  channel.fail(new Error("gone"));
  await Promise.all(sent);
  await channel.send(3);
  await expect(reader.next()).rejects.toThrow("gone");
});

test("a reader that leaves releases every writer", async () => {
  const channel = new Channel<number>();
  const sent = [1, 2].map((item) => channel.send(item));
  for await (const item of channel) {
    expect(item).toBe(1);
    break;
  }
  await Promise.all([...sent, channel.send(3)]);
});
