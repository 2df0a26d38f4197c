import { once } from "node:events";
import { Writable } from "node:stream";
import { expect, it, vi } from "vitest";
import { callMethod } from "../session/session-call.test-helper.js";
import { fileSend } from "./file-send.js";

it("is idle when a cancelled output has cleaned up", async () => {
  const events: string[] = [];
  let clean = () => {};
  const sink = new Writable({
    write: (_chunk, _encoding, callback) => callback(),
    destroy(error, callback) {
      clean = () => {
        events.push("clean");
        callback(error);
      };
    },
  });
  const method = fileSend(new Map([[0, { kind: "stream", open: () => sink }]]));
  const abort = new AbortController();
  async function* messages() {
    if (!abort.signal.aborted) await once(abort.signal, "abort");
    yield* [];
    throw new Error("The call was cancelled.");
  }
  const call = callMethod(method, { messages: messages(), signal: abort.signal });
  const idle = method.idle().then(() => events.push("idle"));
  abort.abort();
  await vi.waitFor(() => expect(sink.destroyed).toBe(true));
  clean();
  await idle;
  expect(events).toEqual(["clean", "idle"]);
  expect((await call).error).toBeDefined();
});

it("is idle before any output", async () => {
  await fileSend(new Map()).idle();
});
