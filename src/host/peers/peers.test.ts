import { once } from "node:events";
import { createServer, type Http2Session, type Http2Stream, type ServerHttp2Session } from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import { createClient } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { expect, it, onTestFinished } from "vitest";
import { readTypedError } from "../../errors/typed-error.js";
import { BuildService } from "../../gen/slipway/v1/build_pb.js";
import { ForwardedCalls, forwardedHeader } from "../access/forwarded-calls.js";
import type { Principal } from "../access/principal.js";
import { Keyring } from "../sealing/keyring.js";
import { Advertisement } from "./advertisement.js";
import { Peers } from "./peers.js";

const keyring = new Keyring([Buffer.alloc(32, 7)]);
const principal = (name: string): Principal => ({ id: `token:${name}`, role: "builder", groups: [] });
const [ann, bob] = [principal("ann"), principal("bob")];

/** A host that has every build, and the way of another host to it. */
async function startPair({ idleMs }: { idleMs?: number } = {}) {
  const there = new ForwardedCalls(keyring.signingKeys);
  const callers: string[] = [];
  const sessions: ServerHttp2Session[] = [];
  const sockets: Socket[] = [];
  const open = new Set<Http2Session>();
  const handler = connectNodeAdapter({
    routes: (router) =>
      router.service(BuildService, {
        getBuild: (_, { url, requestHeader }) => {
          callers.push(there.read(requestHeader.get(forwardedHeader)!, new URL(url).pathname).id);
          return {};
        },
        async *readOutput(_, { signal }) {
          yield { data: Buffer.from("first") };
          await once(signal, "abort");
        },
      }),
  });
  const server = createServer({ settings: { maxConcurrentStreams: 1000 } }, handler);
  server.on("session", (session) => {
    sessions.push(session);
    open.add(session.once("close", () => open.delete(session)).on("error", () => {}));
  });
  server.on("connection", (socket) => sockets.push(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const identity = { name: "there", stateId: "state" };
  const address = { host: "127.0.0.1", port: (server.address() as AddressInfo).port };
  const shown = new Advertisement({ keyring, identity, address, process: there.process });
  const advertisement = await shown.current();
  const calls = new ForwardedCalls(keyring.signingKeys);
  const team = { hostOf: async () => ({ ...identity, advertisement }) };
  const peers = new Peers({ team, keyring, calls, idleMs });
  onTestFinished(async () => {
    await peers.close();
    for (const session of open) session.destroy();
    server.close();
  });
  const as = async (caller: Principal) =>
    createClient(BuildService, (await peers.transportTo("b1", caller))!);
  return { as, server, sockets, sessions, open, callers };
}

it("calls share connections, and who holds many keeps nobody else from calling", async () => {
  const { as, sessions, callers } = await startPair();
  const held = await Promise.all(
    Array.from({ length: 500 }, async () => {
      const chunks = (await as(ann)).readOutput({ id: "b1" })[Symbol.asyncIterator]();
      return (await chunks.next()).value;
    }),
  );
  expect(held).toHaveLength(500);
  await Promise.all(Array.from({ length: 20 }, async () => (await as(bob)).getBuild({ id: "b1" })));
  expect(callers).toEqual(Array(20).fill("token:bob"));
  expect(sessions.length).toBe(6);
});

it("a call whose caller has left leaves room, and a connection without calls is closed", async () => {
  const { as, sessions, open } = await startPair({ idleMs: 100 });
  for (let index = 0; index < 150; index++) {
    const leave = new AbortController();
    const chunks = (await as(ann)).readOutput({ id: "b1" }, { signal: leave.signal });
    const reader = chunks[Symbol.asyncIterator]();
    await reader.next();
    leave.abort();
    await reader.next().catch(() => {});
  }
  expect(sessions).toHaveLength(1);
  await expect.poll(() => open.size).toBe(0);
  await (await as(ann)).getBuild({ id: "b1" });
  expect(sessions).toHaveLength(2);
});

it("a host that announces its end takes the next calls on another connection, and lets the open ones go on", async () => {
  const { as, sessions, open } = await startPair();
  const held = (await as(ann)).readOutput({ id: "b1" })[Symbol.asyncIterator]();
  await held.next();
  sessions[0]!.close();
  // Some of them are sent before the announcement arrives, and not read.
  await Promise.all(Array.from({ length: 20 }, async () => (await as(bob)).getBuild({ id: "b1" })));
  expect(sessions).toHaveLength(2);
  expect(open.size).toBe(2);
});

it("a call that the host refuses unread is sent again, once", async () => {
  const { as, server, callers } = await startPair();
  let refused = 0;
  const refuse = (stream: Http2Stream) => {
    refused += 1;
    stream.on("error", () => {}).close(7);
  };
  server.prependOnceListener("stream", refuse);
  await (await as(ann)).getBuild({ id: "b1" });
  expect([refused, callers]).toEqual([1, ["token:ann"]]);
  server.prependListener("stream", refuse);
  const failed = await (await as(ann)).getBuild({ id: "b1" }).catch(readTypedError);
  expect(failed).toMatchObject({ reason: "BUILD_HOST_UNREACHABLE" });
  expect(refused).toBe(3);
});

it("a host that is lost ends its calls, and one that is away is an error of each call", async () => {
  const { as, sockets, server } = await startPair();
  const held = (await as(ann)).readOutput({ id: "b1" })[Symbol.asyncIterator]();
  await held.next();
  const rest = held.next().catch(readTypedError);
  server.close();
  sockets[0]!.destroy();
  expect(await rest).toMatchObject({ reason: "BUILD_HOST_UNREACHABLE" });
  const calls = Array.from({ length: 3 }, async () => (await as(ann)).getBuild({ id: "b1" }));
  for (const call of calls)
    expect(await call.catch(readTypedError)).toMatchObject({ reason: "BUILD_HOST_UNREACHABLE" });
});
