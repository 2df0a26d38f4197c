import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { readTypedError } from "../errors/typed-error.js";
import { dialIfAlive } from "../host-address/host-process-lock.js";
import { linkSocket, recordedSocket, recordSocket } from "./served-socket.js";
import { listenUnix } from "./server/listen.js";
import { lockStateFolder } from "./state-folder.js";

let root: string;
let state: string;
let socket: string;
beforeEach(async () => {
  root = await mkdtemp("/tmp/slipway-served-");
  state = join(root, "state");
  socket = join(root, "run", "host.sock");
  await mkdir(join(root, "run"), { mode: 0o700 });
  return () => rm(root, { recursive: true, force: true });
});

async function serve(path: string): Promise<Server> {
  const server = createServer((connection) => void connection.destroy()).listen(path);
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return server;
}

test("a recorded socket counts while its host answers, in a folder of this user alone", async () => {
  expect(await recordedSocket(state)).toBeUndefined();
  const record = await recordSocket(state, socket);
  expect(await recordedSocket(state)).toBeUndefined();
  await serve(socket);
  expect(await recordedSocket(state)).toBe(socket);
  await chmod(join(root, "run"), 0o777);
  expect(await recordedSocket(state)).toBeUndefined();
  await chmod(join(root, "run"), 0o700);
  await record.remove();
  expect(await recordedSocket(state)).toBeUndefined();
});

test("a state folder in use says where its host listens", async () => {
  const lock = await lockStateFolder(state);
  onTestFinished(() => lock.release());
  await recordSocket(state, socket);
  await serve(socket);
  const error = await lockStateFolder(state).catch(readTypedError);
  expect(error).toMatchObject({
    reason: "STATE_IN_USE",
    message: expect.stringContaining(`which listens on ${socket}.`),
    metadata: { socket },
  });
});

test("a link leads to the host of another path, and a later host replaces it", async () => {
  const other = join(root, "run", "other.sock");
  const server = await serve(socket);
  await linkSocket(other, socket);
  (await dialIfAlive(other))!.destroy();
  expect(await readdir(join(root, "run"))).toEqual(["host.sock", "other.sock"]);
  server.close();
  await once(server, "close");
  expect(await dialIfAlive(other)).toBeUndefined();
  const later = createServer((connection) => void connection.destroy());
  await listenUnix(later, other);
  onTestFinished(() => void later.close());
  (await dialIfAlive(other))!.destroy();
});
