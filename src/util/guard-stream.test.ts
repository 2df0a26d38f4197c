import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { guardStream } from "./guard-stream.js";

test("the source ends when the signal aborts, although nobody asks for more", async () => {
  let ended = false;
  async function* source() {
    try {
      for (;;) yield "event";
    } finally {
      ended = true;
    }
  }
  const call = new AbortController();
  const guarded = guardStream(source(), call.signal, (error) => error);
  expect(await guarded.next()).toEqual({ done: false, value: "event" });
  call.abort(new Error("the client has gone"));
  await sleep(0);
  expect(ended).toBe(true);
  await expect(guarded.next()).rejects.toThrow("the client has gone");
});
