import { readTypedError } from "slipway/driver";
import { expect, it } from "vitest";
import { formatTarget, parseTarget } from "./target.js";

it.each([
  ["unix:///run/user/1000/docker.sock", { kind: "unix", path: "/run/user/1000/docker.sock" }],
  ["unix://", { kind: "unix", path: "/var/run/docker.sock" }],
  ["tcp://10.0.0.1:2376", { kind: "tcp", host: "10.0.0.1", port: 2376 }],
  ["tcp://[::1]:2375", { kind: "tcp", host: "::1", port: 2375 }],
  ["ssh://me@build.example.com:2222", { kind: "ssh", user: "me", host: "build.example.com", port: 2222 }],
  ["ssh://build/run/my.sock", { kind: "ssh", host: "build", socket: "/run/my.sock" }],
])("reads %s", (text, target) => {
  expect(parseTarget(text)).toEqual(target);
  expect(parseTarget(formatTarget(parseTarget(text)))).toEqual(target);
});

it.each([
  ["build.example.com", "tcp://build.example.com:2375"],
  ["127.0.0.1:1234", "tcp://127.0.0.1:1234"],
  ["tcp://build.example.com", "tcp://build.example.com:2375"],
  ["tcp://", "tcp://localhost:2375"],
  [" unix:///a.sock\n", "unix:///a.sock"],
  ["ssh://host/", "ssh://host"],
])("reads %j as the docker CLI does", (text, normal) => {
  expect(formatTarget(parseTarget(text))).toBe(normal);
});

it.each([
  ["npipe:////./pipe/docker_engine", "ENDPOINT_UNSUPPORTED"],
  ["fd://", "ENDPOINT_UNSUPPORTED"],
  ["http://127.0.0.1:2375", "ENDPOINT_UNSUPPORTED"],
  ["unix://relative.sock", "ENDPOINT_INVALID"],
  ["tcp://host:99999", "ENDPOINT_INVALID"],
  ["tcp://host:1/prefix", "ENDPOINT_INVALID"],
  ["ssh://", "ENDPOINT_INVALID"],
  ["ssh://host?x=1", "ENDPOINT_INVALID"],
])("refuses %s", (text, reason) => {
  expect(reasonOf(() => parseTarget(text))).toMatchObject({
    reason,
    remedy: expect.stringContaining("tcp://"),
  });
});

it("refuses passwords without repeating them", () => {
  for (const text of ["ssh://me:hunter2@host", "tcp://me:hunter2@host", "ftp://me:hunter2@host"]) {
    const { message } = reasonOf(() => parseTarget(text));
    expect(message).not.toContain("hunter2");
  }
});

function reasonOf(work: () => unknown) {
  try {
    work();
  } catch (error) {
    return readTypedError(error);
  }
  throw new Error("The endpoint was accepted.");
}
