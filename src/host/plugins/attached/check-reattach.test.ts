import { spawnSync } from "node:child_process";
import { Code } from "@connectrpc/connect";
import { expect, it } from "vitest";
import { readTypedError } from "../../../errors/typed-error.js";
import { protocolVersions } from "../../../plugin-protocol/process-contract.js";
import type { Reattach } from "../../../plugin-protocol/reattach.js";
import { checkReattach } from "./check-reattach.js";

const reattach: Reattach = {
  protocol: "grpc",
  protocolVersion: protocolVersions[0],
  pid: process.pid,
  network: "unix",
  address: "/nowhere/plugin1",
};

const failure = (change: Partial<Reattach>) =>
  checkReattach({ ...reattach, ...change }).then(() => expect.unreachable(), readTypedError);

it.each<[Partial<Reattach>, string, string]>([
  [{ protocol: "netrpc" }, "REATTACH_INVALID", "protocol"],
  [{ protocol: "" }, "REATTACH_INVALID", "protocol"],
  [{ protocolVersion: 99 }, "PLUGIN_PROTOCOL_MISMATCH", "protocol_version"],
  [{ pid: 0 }, "REATTACH_INVALID", "pid"],
  [{ pid: -1 }, "REATTACH_INVALID", "pid"],
  [{ pid: spawnSync("true").pid }, "PLUGIN_PROCESS_GONE", "pid"],
  [{ network: "pipe" }, "REATTACH_INVALID", "network"],
  [{ address: "plugin1" }, "REATTACH_INVALID", "address"],
  [{}, "PLUGIN_SOCKET_MISSING", "address"],
  [{ address: import.meta.filename }, "PLUGIN_UNTRUSTED", "address"],
  [{ network: "tcp", address: "/nowhere" }, "REATTACH_INVALID", "address"],
  [{ network: "tcp", address: "192.0.2.1:4711" }, "PLUGIN_ADDRESS_REMOTE", "address"],
  [{ network: "tcp", address: "[2001:db8::1]:4711" }, "PLUGIN_ADDRESS_REMOTE", "address"],
  [{ network: "tcp", address: "plugins.example:4711" }, "PLUGIN_ADDRESS_REMOTE", "address"],
  [{ network: "tcp", address: "127.0.0.1:4711", pid: spawnSync("true").pid }, "PLUGIN_PROCESS_GONE", "pid"],
])("refuses %j", async (change, reason, field) => {
  const code = reason === "REATTACH_INVALID" ? Code.InvalidArgument : Code.FailedPrecondition;
  expect(await failure(change)).toMatchObject({ code, reason, fields: [{ field }] });
});

it("takes an address of the loopback interface", async () => {
  expect(await checkReattach({ ...reattach, network: "tcp", address: "[::1]:4711" })).toEqual({
    host: "::1",
    port: 4711,
  });
});
