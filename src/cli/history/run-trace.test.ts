import { expect, it } from "vitest";
import { portOf } from "./run-trace.js";

it.each([
  ["127.0.0.1:0", 0],
  ["localhost:8080", 8080],
  [":65535", 65_535],
])("--addr %s is a port of the loopback", (addr, port) => {
  expect(portOf(addr)).toBe(port);
});

it.each(["", "8080", "127.0.0.1", "0.0.0.0:80", "example.com:80", "127.0.0.1:65536", "[::1]:80"])(
  "--addr %j is refused",
  (addr) => {
    expect(() => portOf(addr)).toThrow("is no address of 127.0.0.1");
  },
);
