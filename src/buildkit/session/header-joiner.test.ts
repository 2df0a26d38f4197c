import { expect, test } from "vitest";
import { HeaderJoiner } from "./header-joiner.js";

const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const type = { data: 0, headers: 1, settings: 4, continuation: 9 };

function frame(kind: number, flags: number, payload: string): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = kind;
  head[4] = flags;
  head.writeUInt32BE(7, 5);
  return Buffer.concat([head, Buffer.from(payload)]);
}

function joined(input: Buffer, chunkBytes: number): Buffer {
  const joiner = new HeaderJoiner();
  const out: Buffer[] = [];
  for (let i = 0; i < input.length; i += chunkBytes)
    out.push(...joiner.push(input.subarray(i, i + chunkBytes)));
  return Buffer.concat(out);
}

test.each([1, 4, 10, 13, 10_000])(
  "continued headers become one frame, all else passes (chunks of %i bytes)",
  (size) => {
    const before = [preface, frame(type.settings, 0, ""), frame(type.data, 1, "d".repeat(300))];
    const after = [frame(type.headers, 4, "whole"), frame(type.data, 0, "")];
    const parts = [
      frame(type.headers, 1, "abc"),
      frame(type.continuation, 0, ""),
      frame(type.continuation, 4, "de"),
    ];
    const input = Buffer.concat([...before, ...parts, ...after]);
    const expected = Buffer.concat([...before, frame(type.headers, 1 | 4, "abcde"), ...after]);
    expect(joined(input, size)).toEqual(expected);
  },
);

test("passes the frames of a chunk on as one", () => {
  const joiner = new HeaderJoiner();
  const frames = Buffer.concat([
    preface,
    frame(type.data, 0, "a".repeat(50)),
    frame(type.data, 0, "b".repeat(50)),
  ]);
  const [passed, ...others] = joiner.push(frames);
  expect(others).toEqual([]);
  expect(passed).toEqual(frames);
});

test("passes padded headers unchanged", () => {
  const input = Buffer.concat([preface, frame(type.headers, 8, "\x01ab"), frame(type.continuation, 4, "c")]);
  expect(joined(input, 5)).toEqual(input);
});

test("refuses a header without an end", () => {
  const joiner = new HeaderJoiner();
  joiner.push(Buffer.concat([preface, frame(type.headers, 1, "a")]));
  const more = frame(type.continuation, 0, "b".repeat(1 << 20));
  expect(() => {
    for (let i = 0; i < 20; i += 1) joiner.push(more);
  }).toThrow("larger than");
});
