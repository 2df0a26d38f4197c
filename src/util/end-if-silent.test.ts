import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { Channel } from "./channel.js";
import { endIfSilent } from "./end-if-silent.js";

const silence = () => new Error("silent");

test("passes all items on, and their reader may take its time", async () => {
  const source = new Channel<number>();
  for (const item of [1, 2, 3]) void source.send(item);
  source.close();
  const seen: number[] = [];
  for await (const item of endIfSilent(source, 50, silence)) {
    seen.push(item);
    await sleep(80);
  }
  expect(seen).toEqual([1, 2, 3]);
});

test("ends a source that gives nothing, and the source ends with it", async () => {
  const source = new Channel<number>();
  void source.send(1);
  const items = endIfSilent(source, 20, silence);
  expect(await items.next()).toEqual({ done: false, value: 1 });
  await expect(items.next()).rejects.toThrow("silent");
  // Resolves only when nobody reads any more.
  await source.send(2);
});

test("passes the source's error on, and its reader's end", async () => {
  const failing = new Channel<number>();
  failing.fail(new Error("broken"));
  await expect(endIfSilent(failing, 1000, silence).next()).rejects.toThrow("broken");
  const left = new Channel<number>();
  void left.send(1);
  for await (const _ of endIfSilent(left, 1000, silence)) break;
  await left.send(2);
});
