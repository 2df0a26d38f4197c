import { readTypedError } from "slipway/driver";
import { expect, it } from "vitest";
import { formatEndpoint, parseEndpoint } from "./endpoint.js";

it.each([
  "unix:///var/run/docker.sock",
  "tcp://build.example.com:2376?certPath=/home/me/.docker",
  "tcp://build.example.com:2376?certPath=/a%20b%3F&tlsVerify=0",
  "ssh://me@build.example.com:2222/run/docker.sock",
  "desktop-linux",
  "work?config=/home/me/.docker-work&apiVersion=1.41",
])("%s is in normal form", (text) => {
  expect(formatEndpoint(parseEndpoint(text))).toBe(text);
});

it.each([
  ["tcp://h:1?certPath=relative", "certPath must be an absolute path"],
  ["tcp://h:1?tlsVerify=no", "tlsVerify must be 0 or 1"],
  ["unix:///a.sock?certPath=/certs", "only tcp:// endpoints support TLS"],
  ["tcp://h:1?apiVersion=2", '"2" is not a Docker API version'],
  ["work?certPath=/certs", 'it has no parameter "certPath"'],
  ["tcp://h:1?color=red", 'it has no parameter "color"'],
])("refuses %s", (text, why) => {
  expect(() => parseEndpoint(text)).toThrow(why);
  try {
    parseEndpoint(text);
  } catch (error) {
    expect(readTypedError(error).fields?.[0]).toMatchObject({
      field: "endpoint",
      reason: "ENDPOINT_INVALID",
    });
  }
});
