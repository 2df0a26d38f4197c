import { Code } from "@connectrpc/connect";
import { expect, it } from "vitest";
import { readTypedError } from "../../errors/typed-error.js";
import { writeFailed } from "./write-failed.js";

const refused = { code: Code.ResourceExhausted, reason: "STATE_NOT_STORED" };

it("reports the reason of a failed commit, which lmdb gives by a second promise", async () => {
  let reject = (_: Error) => {};
  const commitError = new Promise<never>((_, fail) => {
    reject = fail;
  });
  const failed = writeFailed(Object.assign(new Error("Commit failed"), { commitError }));
  reject(new Error("Input/output error"));
  expect(readTypedError(await failed)).toMatchObject({
    ...refused,
    message: "The host cannot store its state: Input/output error.",
  });
});

it("reports other errors as they are, and does not wait for a reason forever", async () => {
  expect(readTypedError(await writeFailed(new Error("Key is too long")))).toMatchObject({
    ...refused,
    message: "The host cannot store its state: Key is too long.",
  });
  const never = Object.assign(new Error("Commit failed"), { commitError: new Promise(() => {}) });
  expect(readTypedError(await writeFailed(never))).toMatchObject({ message: /Commit failed\.$/ });
});
