import { expect, test } from "vitest";
import { Outbox } from "./outbox.js";

test("writers keep the reader's pace, and the last message comes last", async () => {
  const outbox = new Outbox<number>();
  const taken: number[] = [];
  const sent = [1, 2, 3].map((message) => outbox.send(message).then(() => taken.push(message)));
  const messages = outbox.messages();
  expect((await messages.next()).value).toBe(1);
  await new Promise(setImmediate);
  expect(taken).toEqual([]);
  expect((await messages.next()).value).toBe(2);
  await sent[0];
  expect(taken).toEqual([1]);
  outbox.end(4);
  expect([(await messages.next()).value, (await messages.next()).value]).toEqual([3, 4]);
  await Promise.all(sent);
  expect((await messages.next()).done).toBe(true);
});

test("when it fails no writer waits any more, not even for a reader who has its message", async () => {
  const outbox = new Outbox<number>();
  const sent = [1, 2].map((message) => outbox.send(message));
  const messages = outbox.messages();
  await messages.next();
  outbox.fail(new Error("gone"));
  await Promise.all(sent);
  await outbox.send(3);
  await expect(messages.next()).rejects.toThrow("gone");
});
