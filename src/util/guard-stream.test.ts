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

test("an error of the reader ends the source, and is not converted", async () => {
  let ended = false;
  async function* source() {
    try {
      for (;;) yield "event";
    } finally {
      ended = true;
    }
  }
  const convert = () => new Error("converted");
  const guarded = guardStream(source(), new AbortController().signal, convert);
  await guarded.next();
  await expect(guarded.throw!(new Error("write EPIPE"))).rejects.toThrow("write EPIPE");
  await sleep(0);
  expect(ended).toBe(true);
});
