import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { Code, createClient, type Interceptor } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { expect, it, onTestFinished } from "vitest";
import { BuildService } from "../../src/gen/slipway/v1/build_pb.js";
import { BuilderService } from "../../src/gen/slipway/v1/builder_pb.js";
import { hashToken, newToken, writeAccessFile } from "../../src/host/access/access-file.js";
import type { Role } from "../../src/host/access/principal.js";
import { createRemote, failure } from "../builders/harness.js";
import { contextOf, fromPath } from "../host/build.js";
import { startHost } from "../host/host.js";
import { freePort, lab, tempDir, until } from "../lab/index.js";
import { homeWithContext } from "./harness.js";

interface Entry {
  role: Role;
  groups?: string[];
  expires?: Date;
}

/** A host on TCP, with one token "ann" whose entry can be changed, and her clients. */
async function startFor(entry: Entry) {
  const token = newToken();
  const file = join(await tempDir(), "access.toml");
  const change = ({ role, groups = [], expires }: Entry) =>
    writeAccessFile(file, {
      tokens: [{ name: "ann", hash: hashToken(token), role, groups, expires }],
      certificates: [],
    });
  const revoke = () => writeAccessFile(file, { tokens: [], certificates: [] });
  await change(entry);
  const address = `127.0.0.1:${await freePort()}`;
  const host = await startHost({
    args: ["--tcp", address, "--token-file", file, "--allow-remote-admin"],
    env: { HOME: await homeWithContext() },
  });
  const authorize: Interceptor = (next) => (request) => {
    request.header.set("authorization", `Bearer ${token}`);
    return next(request);
  };
  const transport = createGrpcTransport({ baseUrl: `http://${address}`, interceptors: [authorize] });
  const ann = {
    builds: createClient(BuildService, transport),
    builders: createClient(BuilderService, transport),
  };
  return { host, ann, change, revoke };
}

/** A relay to the lab's BuildKit, which knows its open connections. */
async function relayToBuildkit() {
  const open = new Set<Socket>();
  const path = lab().buildkitd.address.replace("unix://", "");
  const server = createServer((near) => {
    const far = connect({ path });
    open.add(near);
    near.once("close", () => open.delete(near) && far.destroy());
    far.once("close", () => near.destroy());
    for (const each of [near, far]) each.on("error", () => {});
    near.pipe(far).pipe(near);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return { endpoint: `tcp://127.0.0.1:${port}`, open };
}

type Client = Awaited<ReturnType<typeof startFor>>["ann"];

/** Dials a builder; resolves when the tunnel is open. */
async function dial({ builders }: Client, builder: string) {
  const stop = new AbortController();
  async function* requests() {
    yield { message: { case: "target" as const, value: { builder } } };
    await once(stop.signal, "abort");
  }
  onTestFinished(() => stop.abort());
  const tunnel = builders.dialBuilder(requests(), { signal: stop.signal })[Symbol.asyncIterator]();
  for (;;) {
    const { done, value } = await tunnel.next();
    if (done) throw new Error("The tunnel ended before it was open.");
    if (value.event.case === "connected") return tunnel;
  }
}

/** The error that ends a stream. */
function endOf(stream: AsyncIterator<unknown>) {
  const rest = async () => {
    while (!(await stream.next()).done);
  };
  return failure(rest());
}

it("a tunnel to BuildKit ends, and closes its connection, when the token is revoked", async () => {
  const { host, ann, revoke } = await startFor({ role: "admin" });
  const { endpoint, open } = await relayToBuildkit();
  await createRemote(host, "far", { endpoint });
  const end = endOf(await dial(ann, "far"));
  await until("the tunnel is open", async () => open.size > 0);
  await revoke();
  expect(await end).toMatchObject({ code: Code.Unauthenticated, reason: "TOKEN_WRONG" });
  await until("the connection is closed", async () => open.size === 0);
});

it("a tunnel ends when its builder is closed to its user, and other tunnels stay", async () => {
  const { host, ann } = await startFor({ role: "admin" });
  const { endpoint, open } = await relayToBuildkit();
  await createRemote(host, "far", { endpoint });
  await host.builders.setBuilderAccess({ name: "team", allowedPrincipals: ["token:ann"] });
  const stays = await dial(ann, "far");
  const end = endOf(await dial(ann, "team"));
  await host.builders.setBuilderAccess({ name: "team", allowedPrincipals: [] });
  expect(await end).toMatchObject({ code: Code.NotFound, reason: "BUILDER_UNKNOWN" });
  expect(open.size).toBeGreaterThan(0);
  // BuildKit's greeting.
  const { event } = (await stays.next()).value;
  expect(event.case).toBe("data");
  expect(event.value.length).toBeGreaterThan(0);
});

it("a boot ends for a user who may no longer use the builder, or has left the group that may", async () => {
  const { host, ann, change } = await startFor({ role: "builder", groups: ["team-a"] });
  // Accepts connections and never answers.
  const sockets = new Set<Socket>();
  const silent = createServer((socket) => void sockets.add(socket.on("error", () => {}))).listen(
    0,
    "127.0.0.1",
  );
  await once(silent, "listening");
  onTestFinished(() => {
    silent.close();
    for (const socket of sockets) socket.destroy();
  });
  await createRemote(host, "slow", { endpoint: `tcp://127.0.0.1:${(silent.address() as AddressInfo).port}` });
  const limit = (allowedPrincipals: string[]) =>
    host.builders.setBuilderAccess({ name: "slow", allowedPrincipals });
  const boot = async () => {
    const before = sockets.size;
    const end = endOf(ann.builders.bootstrapBuilder({ name: "slow" })[Symbol.asyncIterator]());
    await until("the boot has begun", async () => sockets.size > before);
    return end;
  };
  await limit(["token:ann"]);
  const first = boot();
  await until("the boot has begun", async () => sockets.size > 0);
  await limit(["token:bob"]);
  expect(await first).toMatchObject({ code: Code.NotFound, reason: "BUILDER_UNKNOWN" });

  await limit(["group:team-a"]);
  const connections = sockets.size;
  const second = boot();
  await until("the next boot has begun", async () => sockets.size > connections);
  await change({ role: "builder", groups: ["team-b"] });
  expect(await second).toMatchObject({ code: Code.Aborted, reason: "ACCESS_CHANGED" });
});

it("a watch of another's build ends when the watcher is no longer an admin, and at the expiry of a token", async () => {
  const { host, ann, change } = await startFor({ role: "admin" });
  const { endpoint } = await relayToBuildkit();
  await createRemote(host, "far", { endpoint });
  const outputs = [{ type: "cacheonly" }];
  const context = fromPath(
    await contextOf({ Dockerfile: `FROM ${lab().registry.baseImage}\nRUN : ${newToken()}; sleep 600\n` }),
  );
  const { build } = await host.builds.startBuild({ spec: { builder: "far", context, outputs } });
  onTestFinished(async () => void (await host.builds.cancelBuild({ id: build!.id }).catch(() => {})));
  const watch = () => ann.builds.watchBuild({ id: build!.id })[Symbol.asyncIterator]();
  const demoted = watch();
  await demoted.next();
  await change({ role: "viewer" });
  expect(await endOf(demoted)).toMatchObject({ code: Code.Aborted, reason: "ACCESS_CHANGED" });
  expect(await endOf(watch())).toMatchObject({ code: Code.NotFound, reason: "BUILD_UNKNOWN" });

  const expires = new Date(Date.now() + 15_000);
  await change({ role: "admin", expires });
  await until("ann is an admin again", async () =>
    ann.builds.getBuild({ id: build!.id }).then(
      () => true,
      () => false,
    ),
  );
  expect(await endOf(watch())).toMatchObject({ code: Code.Unauthenticated, reason: "TOKEN_EXPIRED" });
  expect(Date.now()).toBeGreaterThanOrEqual(expires.getTime());
  // The build goes on.
  expect((await host.builds.getBuild({ id: build!.id })).build?.endTime).toBeUndefined();
});
