import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { afterAll, beforeAll, expect, it } from "vitest";
import { BuildState } from "../../src/gen/slipway/v1/build_event_pb.js";
import { BuildService } from "../../src/gen/slipway/v1/build_pb.js";
import { DebugService } from "../../src/gen/slipway/v1/debug_pb.js";
import { CheckOutcome } from "../../src/gen/slipway/v1/host_pb.js";
import { hashToken, newToken, writeAccessFile } from "../../src/host/access/access-file.js";
import { ForwardedCalls, forwardedHeader } from "../../src/host/access/forwarded-calls.js";
import { Keyring } from "../../src/host/sealing/keyring.js";
import { watchToEnd } from "../host/build.js";
import { failure } from "../host/failure.js";
import { ownMemory, startHost, type TestHost } from "../host/host.js";
import { freePort, lab, makeTestTls, type Postgres, startPostgres, tempDir, until } from "../lab/index.js";
import { begin, follow, gate, specOf, startMember, untilBegun, untilEvent } from "./team.js";

let postgres: Postgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres?.stop());

/** Two hosts that reach each other over TLS, with certificates that nobody vouches for. */
async function startPair() {
  const [url, folder, token] = [await postgres.newDatabase(), await tempDir(), newToken()];
  const stranger = newToken();
  const [access, keyFile] = [join(folder, "access.toml"), join(folder, "key")];
  const entry = { role: "builder" as const, groups: [] };
  await writeAccessFile(access, {
    tokens: [
      { name: "ann", hash: hashToken(token), ...entry },
      { name: "bob", hash: hashToken(stranger), ...entry },
    ],
    certificates: [],
  });
  const key = randomBytes(32);
  await writeFile(keyFile, key.toString("base64"), { mode: 0o600 });
  const start = async (name: string) => {
    const [tls, port] = [await makeTestTls(join(folder, name)), await freePort()];
    const args = [
      ...["--tcp", `127.0.0.1:${port}`, "--advertise", `127.0.0.1:${port}`, "--token-file", access],
      ...["--tls-cert", tls.serverCert, "--tls-key", tls.serverKey, "--state-key-file", keyFile],
    ];
    return { host: await startMember(url, name, { args }), port };
  };
  const [owner, other] = await Promise.all([start("owner"), start("other")]);
  /** A transport to one of them, with headers. */
  const transport = ({ port }: { port: number }, headers: Record<string, string>) =>
    createGrpcTransport({
      baseUrl: `https://127.0.0.1:${port}`,
      nodeOptions: { rejectUnauthorized: false },
      interceptors: [
        (next) => (request) => {
          for (const [name, value] of Object.entries(headers)) request.header.set(name, value);
          return next(request);
        },
      ],
    });
  const as = (bearer: string, at: { port: number }) => transport(at, { authorization: `Bearer ${bearer}` });
  for (const { host } of [owner, other])
    await host.builders.setBuilderAccess({ name: "shared", allowedPrincipals: ["token:ann", "token:bob"] });
  return { owner, other, url, key, token, stranger, transport, as };
}

const streamed = { type: "tar", destination: { case: "stream" as const, value: {} } };
/** A build whose output has so many MiB that no compression makes smaller. */
const bulk = (mib: number) =>
  `FROM ${lab().registry.baseImage}\nRUN dd if=/dev/urandom of=/bulk bs=1048576 count=${mib} && sha256sum /bulk\n`;

async function bytesOf(chunks: AsyncIterable<{ data: Uint8Array }>): Promise<number> {
  let bytes = 0;
  for await (const { data } of chunks) bytes += data.length;
  return bytes;
}

it("an output is read at any host, by who may read it there, and its reader holds back the build", async () => {
  const { owner, other, token, stranger, as } = await startPair();
  const [here, there] = [owner, other].map((at) => createClient(BuildService, as(token, at))) as [
    ReturnType<typeof createClient<typeof BuildService>>,
    ReturnType<typeof createClient<typeof BuildService>>,
  ];
  const mib = 200;
  const { build } = await here.startBuild({ spec: specOf(bulk(mib), { outputs: [streamed] }) });
  const id = build!.id;
  const events = follow({ builds: there } as TestHost, id);
  await untilEvent(events.events, "outputReady");
  const { results } = await owner.host.host.diagnose({});
  expect(results.find(({ check }) => check === "advertised-address")).toMatchObject({
    outcome: CheckOutcome.WARNING,
    message: expect.stringContaining(`127.0.0.1:${owner.port} is a loopback address`),
  });

  const bob = createClient(BuildService, as(stranger, other));
  expect(await failure(bytesOf(bob.readOutput({ id, output: 0 })))).toMatchObject({
    reason: "BUILD_UNKNOWN",
  });
  expect(await failure(bytesOf(there.readOutput({ id, output: 7 })))).toMatchObject({
    reason: "OUTPUT_UNKNOWN",
  });

  const chunks = there.readOutput({ id, output: 0 })[Symbol.asyncIterator]();
  const first = await chunks.next();
  const before = await Promise.all([owner, other].map(({ host }) => ownMemory(host)));
  // Whoever reads slowly makes nobody keep the rest.
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  const after = await Promise.all([owner, other].map(({ host }) => ownMemory(host)));
  for (const [at, bytes] of after.entries()) expect(bytes - before[at]!).toBeLessThan(64 << 20);
  expect((await there.getBuild({ id })).build?.state).toBe(BuildState.RUNNING);
  let bytes = first.value!.data.length;
  for (let next = await chunks.next(); !next.done; next = await chunks.next())
    bytes += next.value.data.length;
  expect(bytes).toBeGreaterThan(mib << 20);
  expect((await watchToEnd({ builds: there }, id)).finished.state).toBe(BuildState.SUCCEEDED);
  expect(await failure(bytesOf(there.readOutput({ id, output: 0 })))).toMatchObject({ reason: "BUILD_OVER" });
});

it("a held build is debugged at any host", async () => {
  const { owner, other, token, as } = await startPair();
  const here = createClient(BuildService, as(token, owner));
  const debug = createClient(DebugService, as(token, other));
  const spec = specOf(`FROM ${lab().registry.baseImage}\nRUN echo content > /file; exit 3\n`);
  const { build } = await here.startBuild({ spec, hold: 1 });
  const id = build!.id;
  await untilEvent(follow({ builds: here } as TestHost, id).events, "held");
  let output = "";
  for await (const { event } of debug.startProcess({ id, args: ["cat", "/file"] }))
    if (event.case === "output") output += Buffer.from(event.value.data).toString();
  expect(output).toBe("content\n");
  expect(await failure(debug.writeInput({ id, processId: "none" }))).toMatchObject({
    reason: "PROCESS_UNKNOWN",
  });
  await debug.continueBuild({ id });
  expect((await watchToEnd({ builds: here }, id)).finished.error).toMatchObject({ reason: "STEP_FAILED" });
});

it("a reader is told when the host of the build is lost, and a host that stops lets the output be read", async () => {
  const { owner, other, token, as } = await startPair();
  const there = createClient(BuildService, as(token, other));
  const begun = async () => {
    const id = await begin(owner.host, specOf(bulk(150), { outputs: [streamed] }));
    const { events } = follow(other.host, id);
    await untilEvent(events, "outputReady");
    return id;
  };
  // The user of the socket has started them, and may read them there.
  const read = (id: string) => other.host.builds.readOutput({ id, output: 0 })[Symbol.asyncIterator]();
  const [stopped, lost] = [await begun(), await begun()];
  const chunks = read(lost);
  await chunks.next();
  owner.host.process.kill("SIGTERM");
  await until("the stop to begin", () => owner.host.log().includes('"Stopping"'));
  expect(await bytesOf({ [Symbol.asyncIterator]: () => read(stopped) })).toBeGreaterThan(150 << 20);
  expect((await watchToEnd(other.host, stopped)).finished.state).toBe(BuildState.SUCCEEDED);

  owner.host.process.kill("SIGKILL");
  const rest = async () => {
    for (let next = await chunks.next(); !next.done; next = await chunks.next());
  };
  expect(await failure(rest())).toMatchObject({
    reason: "BUILD_HOST_UNREACHABLE",
    metadata: { host: "owner" },
  });
  expect(await failure(bytesOf(there.readOutput({ id: "none", output: 0 })))).toMatchObject({
    reason: "BUILD_UNKNOWN",
  });
  const again = await failure(bytesOf({ [Symbol.asyncIterator]: () => read(lost) }));
  expect(again.reason).toBe("BUILD_HOST_UNREACHABLE");
});

it("no header makes a caller somebody else, and no entry of the database leads calls elsewhere", async () => {
  const { owner, other, url, key, token, transport, as } = await startPair();
  const { dockerfile, open } = gate();
  const here = createClient(BuildService, as(token, owner));
  const { build } = await here.startBuild({ spec: specOf(dockerfile, { outputs: [streamed] }) });
  const id = build!.id;
  await untilBegun(follow({ builds: here } as TestHost, id).events);

  const path = "/slipway.v1.BuildService/GetBuild";
  const admin = { id: "local", role: "admin" as const, groups: [] };
  const ours = new ForwardedCalls(new Keyring([key]).signingKeys);
  const others = new ForwardedCalls(new Keyring([randomBytes(32)]).signingKeys);
  for (const header of [
    "nonsense",
    `${Buffer.from("{}").toString("base64url")}.`,
    others.sign(ours.process, path, admin),
    // Signed with the key, but for another process.
    ours.sign(ours.process, path, admin),
  ]) {
    const client = createClient(BuildService, transport(owner, { [forwardedHeader]: header }));
    expect(await failure(client.getBuild({ id }))).toMatchObject({ reason: "FORWARDED_CALL_WRONG" });
  }

  // The address of one host in the row of another.
  const there = createClient(BuildService, as(token, other));
  const swap =
    "UPDATE slipway.hosts SET advertisement = (SELECT advertisement FROM slipway.hosts WHERE name = 'other')";
  await until("the entry to be changed", async () => {
    await postgres.query(url, `${swap} WHERE name = 'owner'`);
    const { reason } = await failure(bytesOf(there.readOutput({ id, output: 0 })));
    return reason === "BUILD_ELSEWHERE";
  });
  await open(owner.host);
  await here.cancelBuild({ id });
});

it.each([
  [["--tcp", "127.0.0.1:0", "--token-file", "t"], "--advertise requires --database"],
  [["--database", "postgres://h/d"], "--advertise requires --tcp"],
  [
    ["--database", "postgres://h/d", "--tcp", "127.0.0.1:0", "--token-file", "t"],
    "requires --state-key-file",
  ],
  [
    [
      ...["--database", "postgres://h/d", "--tcp", "127.0.0.1:0", "--state-key-file", "k"],
      ...["--tls-cert", "c", "--tls-key", "k", "--tls-client-ca", "a"],
    ],
    "cannot be used with --tls-client-ca",
  ],
  [
    [
      ...["--database", "postgres://h/d", "--tcp", "127.0.0.1:0", "--state-key-file", "k"],
      ...["--token-file", "t", "--advertise", "host.example:443"],
    ],
    "requires --tls-cert and --tls-key",
  ],
])("the address for other hosts is refused with %j", async (args, message) => {
  await expect(startHost({ args: ["--advertise", "127.0.0.1:1", ...args] })).rejects.toThrow(message);
});
