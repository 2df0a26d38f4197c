import { Readable } from "node:stream";
import { expect, it } from "vitest";
import { failureOf, readMessages } from "./messages.js";

const read = async (...chunks: Buffer[]) => {
  const messages = [];
  for await (const message of readMessages(Readable.from(chunks))) messages.push(message);
  return messages;
};

it("joins lines that were split at any byte", async () => {
  const text = Buffer.from('{"stream":"ü"}\r\n\n{"status":"Pushing","id":"a"}');
  const bytes = [...text].map((byte) => Buffer.from([byte]));
  expect(await read(...bytes)).toEqual([{ stream: "ü" }, { status: "Pushing", id: "a" }]);
});

it("finds the reason of a failure", () => {
  expect(failureOf({ error: "short", errorDetail: { message: "long" } })).toBe("long");
  expect(failureOf({ error: "short" })).toBe("short");
  expect(failureOf({ stream: "fine" })).toBeUndefined();
});
