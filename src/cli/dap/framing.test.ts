import fc from "fast-check";
import { expect, it } from "vitest";
import { FrameReader, frame } from "./framing.js";

it("messages come out as they went in, wherever the stream is cut", () => {
  fc.assert(
    fc.property(
      fc.array(fc.dictionary(fc.string(), fc.string({ unit: "grapheme" }))),
      fc.nat({ max: 20 }),
      (messages, size) => {
        const bytes = Buffer.concat(messages.map(frame));
        const reader = new FrameReader();
        const read: unknown[] = [];
        for (let at = 0; at < bytes.length; at += size + 1)
          read.push(...reader.add(bytes.subarray(at, at + size + 1)));
        // JSON knows no prototypes.
        expect(JSON.stringify(read)).toBe(JSON.stringify(messages));
      },
    ),
  );
});

it("headers have any case, and others beside them", () => {
  const text = "Content-Type: application/json\r\ncontent-length:  2\r\n\r\n{}Content-Length: 4\r\n\r\nnull";
  expect(new FrameReader().add(Buffer.from(text))).toEqual([{}, null]);
});

it.each([
  ["Content-Type: text\r\n\r\n{}", "no Content-Length"],
  ["Content-Length: -1\r\n\r\n", "no Content-Length"],
  ["Content-Length: 99999999999\r\n\r\n", "99999999999 bytes"],
  ["x".repeat(9_000), "too long"],
  ["Content-Length: 1\r\n\r\n{", "JSON"],
])("refuses a malformed message: %.20s", (text, message) => {
  expect(() => new FrameReader().add(Buffer.from(text))).toThrow(message);
});
