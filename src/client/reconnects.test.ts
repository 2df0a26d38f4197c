import { Code, ConnectError } from "@connectrpc/connect";
import { expect, test } from "vitest";
import { encodeError } from "../errors/typed-error.js";
import { delays, Reconnects } from "./reconnects.js";

const lost = new ConnectError("gone", Code.Unavailable);

test("a call is given up after its last attempt, and progress counts the attempts anew", async () => {
  const reconnects = new Reconnects([1, 1]);
  await reconnects.wait(lost);
  await reconnects.wait(lost);
  await expect(reconnects.wait(lost)).rejects.toBe(lost);
  reconnects.reset();
  await reconnects.wait(lost);
});

test("a call that the host refuses is not repeated", async () => {
  const refused = new ConnectError("no such build", Code.NotFound);
  await expect(new Reconnects(delays.watch).wait(refused)).rejects.toBe(refused);
});

test("a long wait is reported once, and ended by the signal; a short one is not", async () => {
  const signal = AbortSignal.abort(new Error("stop"));
  const waits: string[] = [];
  await new Reconnects([10], () => waits.push("short")).wait(lost, signal);
  const stopping = encodeError({
    code: Code.Unavailable,
    reason: "HOST_STOPPING",
    message: "It stops.",
    retryAfterMs: 60_000,
  });
  await expect(new Reconnects([10]).wait(stopping, signal)).rejects.toThrow("stop");
  const reconnects = new Reconnects([60_000, 60_000], () => waits.push("long"));
  await expect(reconnects.wait(lost, signal)).rejects.toThrow("stop");
  await expect(reconnects.wait(lost, signal)).rejects.toThrow("stop");
  expect(waits).toEqual(["long"]);
});
