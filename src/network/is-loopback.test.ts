import { expect, test } from "vitest";
import { isLoopback } from "./is-loopback.js";

test.each([
  "localhost",
  "LOCALHOST",
  "127.0.0.1",
  "127.9.9.9",
  "::1",
  "[::1]",
  "0:0:0:0:0:0:0:1",
  // Connections to addresses of IPv4 that are mapped to IPv6 are of IPv4.
  "::ffff:127.0.0.1",
  "::FFFF:127.0.0.1",
  "[::ffff:7f00:1]",
  new URL("http://[::ffff:127.0.0.1]").hostname,
])("%s is of the loopback interface", (host) => {
  expect(isLoopback(host)).toBe(true);
});

test.each([
  "0.0.0.0",
  "::",
  "10.0.0.1",
  "::ffff:10.0.0.1",
  "::ffff:a00:1",
  "::127.0.0.1",
  "fe80::1%eth0",
  "127.evil.example",
  "127.0.0.999",
  "localhost.example",
  "",
])("%j is not", (host) => {
  expect(isLoopback(host)).toBe(false);
});
