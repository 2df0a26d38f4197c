import { expect, it } from "vitest";
import { ForwardedCalls } from "./forwarded-calls.js";
import type { Principal } from "./principal.js";

const key = (fill: number) => Buffer.alloc(32, fill);
const path = "/slipway.v1.BuildService/ReadOutput";
const ann: Principal = {
  id: "token:ann",
  role: "builder",
  groups: ["team"],
  projects: new Map([["shop", "viewer"]]),
  build: "b1",
};

it("a signed call is made by the principal for whom it was signed, whichever key is the first", () => {
  const [before, after] = [new ForwardedCalls([key(1), key(2)]), new ForwardedCalls([key(2), key(1)])];
  expect(after.read(before.sign(after.process, path, ann), path)).toEqual(ann);
  expect(before.read(after.sign(before.process, path, ann), path)).toEqual(ann);
});

it("a signature counts for one method of one process, and with the key alone", () => {
  const [one, other] = [new ForwardedCalls([key(1)]), new ForwardedCalls([key(1)])];
  const stranger = new ForwardedCalls([key(3)]);
  const header = other.sign(one.process, path, ann);
  const [content, signature] = header.split(".");
  const changed = Buffer.from(
    JSON.stringify({ to: one.process, path, principal: { id: "local", role: "admin" } }),
  );
  for (const [shown, at, reader] of [
    [header, "/slipway.v1.BuildService/CancelBuild", one],
    [header, path, other],
    [stranger.sign(one.process, path, ann), path, one],
    [`${changed.toString("base64url")}.${signature}`, path, one],
    [content!, path, one],
    ["", path, one],
  ] as const)
    expect(() => reader.read(shown, at)).toThrow("has not signed it for this one");
});
