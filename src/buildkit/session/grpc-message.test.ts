import { expect, test } from "vitest";
import { decodePercent, encodeGrpcMessage } from "./grpc-message.js";

test.each(["disk full", "disk 100% full", "größe %zz 😀\n"])("encodes and decodes %j", (text) => {
  expect(decodePercent(encodeGrpcMessage(text))).toBe(text);
});

test.each([
  ["disk 100% full", "disk 100% full"],
  ["%", "%"],
  ["%4", "%4"],
  ["%zz%41", "%zzA"],
  ["%FF", "\uFFFD"],
])("decodes %j, which is not encoded correctly, to %j", (text, expected) => {
  expect(decodePercent(text)).toBe(expected);
});
