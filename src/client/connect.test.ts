import { once } from "node:events";
import { chmod, mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@connectrpc/connect";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { readTypedError } from "../errors/typed-error.js";
import { BuildService } from "../gen/slipway/v1/build_pb.js";
import { connectHost } from "./connect.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "slipway-connect-"));
  return () => rm(folder, { recursive: true, force: true });
});

/** An HTTP/2 server on a unix socket that answers no call. */
async function listen() {
  const path = join(folder, "s.sock");
  let connections = 0;
  const server = createServer().on("connection", () => void connections++);
  await once(server.listen(path), "listening");
  onTestFinished(() => void server.close());
  return { address: { kind: "unix" as const, path }, connections: () => connections };
}

test("does not connect to a socket in a folder that others can write to", async () => {
  const { address, connections } = await listen();
  await chmod(folder, 0o777);
  const refused = await connectHost(address).catch(readTypedError);
  expect(refused).toMatchObject({ reason: "SOCKET_FOLDER_UNSAFE", metadata: { folder } });
  expect(connections()).toBe(0);
});

test("checks the folder before each further connection", async () => {
  const { address, connections } = await listen();
  const connection = await connectHost(address);
  onTestFinished(connection.close);
  await chmod(folder, 0o777);
  // The first call that streams from the host opens a second connection.
  const events = createClient(BuildService, connection.transport).watchBuild({ id: "b" });
  const refused = await events[Symbol.asyncIterator]().next().catch(readTypedError);
  expect(refused).toMatchObject({ reason: "SOCKET_FOLDER_UNSAFE" });
  expect(connections()).toBe(1);
});

test("reports a missing folder as a host that does not run", async () => {
  const missing = { kind: "unix" as const, path: join(folder, "none", "s.sock") };
  expect(await connectHost(missing).catch(readTypedError)).toMatchObject({ reason: "HOST_NOT_RUNNING" });
});

test("does not take the error of a function that gives tokens for one of the connection", async () => {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const file = join(folder, "token");
  const { transport, close } = await connectHost({ kind: "tcp", url }, () => readFile(file, "utf8"));
  onTestFinished(close);
  const refused = await createClient(BuildService, transport).getBuild({ id: "b" }).catch(readTypedError);
  expect(refused).toMatchObject({ reason: "TOKEN_SOURCE_FAILED", message: expect.stringContaining(file) });
});
