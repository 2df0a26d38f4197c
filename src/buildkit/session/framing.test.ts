import { expect, test } from "vitest";
import { maxMessageBytes } from "../limits.js";
import { MessageSplitter, prefixBytes, writePrefix } from "./framing.js";

function framed(...messages: string[]): Buffer {
  return Buffer.concat(
    messages.flatMap((message) => {
      const prefix = Buffer.alloc(prefixBytes);
      writePrefix(prefix, 0, Buffer.byteLength(message));
      return [prefix, Buffer.from(message)];
    }),
  );
}

test.each([1, 2, 3, 5, 7, 1000])("splits chunks of %i bytes into complete messages", (size) => {
  const messages = ["", "a", "some text", "", "x".repeat(50)];
  const data = framed(...messages);
  const splitter = new MessageSplitter();
  const out: string[] = [];
  for (let i = 0; i < data.length; i += size) {
    out.push(...splitter.push(data.subarray(i, i + size)).map(String));
  }
  splitter.end();
  expect(out).toEqual(messages);
});

test("reports an end within a message", () => {
  const splitter = new MessageSplitter();
  splitter.push(framed("abc").subarray(0, 6));
  expect(() => splitter.end()).toThrow("within a message");
});

test("refuses a message that is too large or compressed at its prefix", () => {
  const prefix = Buffer.alloc(prefixBytes);
  writePrefix(prefix, 0, maxMessageBytes + 1);
  expect(() => new MessageSplitter().push(prefix)).toThrow("larger than");
  expect(() => new MessageSplitter().push(Buffer.from([1, 0, 0, 0, 0]))).toThrow("Compressed");
});
