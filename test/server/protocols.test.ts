import { writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { Code, createClient, type Interceptor, type Transport } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { describe, expect, test } from "vitest";
import { readTypedError } from "../../src/errors/typed-error.js";
import { BuildService } from "../../src/gen/slipway/v1/build_pb.js";
import { BuilderService } from "../../src/gen/slipway/v1/builder_pb.js";
import { HostService } from "../../src/gen/slipway/v1/host_pb.js";
import { UploadService } from "../../src/gen/slipway/v1/upload_pb.js";
import { makeTestTls } from "../lab/tls.js";
import { shortTempDir, startTestServer } from "./test-api.js";

const token = "0123456789abcdef0123456789abcdef";

const protocols = {
  connect: createConnectTransport,
  "gRPC-Web": createGrpcWebTransport,
  gRPC: (options: Parameters<typeof createGrpcWebTransport>[0]) =>
    createGrpcTransport(options as Parameters<typeof createGrpcTransport>[0]),
};

const tarData = (bytes: number) => ({ part: { case: "data" as const, value: new Uint8Array(bytes) } });

async function tokenFile(): Promise<string> {
  const file = join(await shortTempDir(), "token");
  await writeFile(file, token, { mode: 0o600 });
  return file;
}

const cases = Object.keys(protocols).flatMap((protocol) =>
  (["1.1", "2"] as const)
    .filter((http) => !(protocol === "gRPC" && http === "1.1"))
    .flatMap((http) =>
      (["unix", "tcp", "tls"] as const).map((by) => ({
        protocol: protocol as keyof typeof protocols,
        http,
        by,
      })),
    ),
);

describe.each(cases)("$protocol on HTTP/$http over $by", ({ protocol, http, by }) => {
  async function open(limits = {}) {
    const interceptors: Interceptor[] = [];
    if (by === "unix") {
      const { unixPath, ...rest } = await startTestServer({ limits });
      const nodeOptions =
        http === "2" ? { createConnection: () => connect(unixPath) } : { socketPath: unixPath };
      const options = { baseUrl: "http://localhost", httpVersion: http, nodeOptions, interceptors };
      return { ...rest, transport: protocols[protocol](options as never) };
    }
    const tls = by === "tls" ? await makeTestTls(join(await shortTempDir(), "tls")) : undefined;
    const started = await startTestServer({
      limits,
      listen: {
        tcp: {
          host: "127.0.0.1",
          port: 0,
          tokenFile: await tokenFile(),
          tls: tls && { certFile: tls.serverCert, keyFile: tls.serverKey },
        },
      },
    });
    interceptors.push((next) => (request) => {
      request.header.set("authorization", `Bearer ${token}`);
      return next(request);
    });
    const { readFile } = await import("node:fs/promises");
    const nodeOptions = tls ? { ca: await readFile(tls.ca) } : {};
    const options = {
      baseUrl: started.server.addresses.tcp ?? "",
      httpVersion: http,
      nodeOptions,
      interceptors,
    };
    return { ...started, transport: protocols[protocol](options as never) as Transport };
  }

  test("supports every kind of call, bidi where HTTP allows it", async () => {
    const { transport } = await open();
    const service = createClient(HostService, transport);
    const { host } = await service.negotiate({ client: { name: "größe" } });
    expect(host).toMatchObject({ name: "größe", version: by === "unix" ? "unix" : "tcp" });

    const events: bigint[] = [];
    for await (const { event } of createClient(BuildService, transport).watchBuild({
      id: "n",
      fromSequence: 3n,
    })) {
      events.push(event?.sequence ?? 0n);
    }
    expect(events).toEqual([1n, 2n, 3n]);

    const { upload } = await createClient(UploadService, transport).uploadTar(
      (async function* () {
        for (let i = 0; i < 8; i++) yield tarData(300_000);
      })(),
    );
    expect(upload?.sizeBytes).toBe(2_400_000n);

    const echoed: number[] = [];
    const echo = async () => {
      const chunks = (async function* () {
        for (let i = 0; i < 3; i++) yield { message: { case: "data" as const, value: Uint8Array.of(i) } };
      })();
      for await (const { event } of createClient(BuilderService, transport).dialBuilder(chunks))
        echoed.push(event.case === "data" ? event.value[0]! : -1);
    };
    if (http === "2") {
      await echo();
      expect(echoed).toEqual([0, 1, 2]);
    } else {
      await expect(echo()).rejects.toThrow();
    }
  });

  test("errors keep their reasons", async () => {
    const { transport, lines } = await open({ maxMessageBytes: 100_000 });
    const service = createClient(HostService, transport);

    const thrown = await service.negotiate({ client: { name: "throw" } }).catch(readTypedError);
    expect(thrown).toMatchObject({ code: Code.Internal, reason: "INTERNAL", domain: "slipway.dev" });
    expect(JSON.stringify(thrown)).not.toContain("secret stack");
    const { incident } = (thrown as ReturnType<typeof readTypedError>).metadata ?? {};
    expect(incident).toMatch(/^[0-9a-f]{8}$/);
    expect(lines).toContainEqual(
      expect.objectContaining({
        level: "error",
        incident,
        error: expect.stringContaining("the secret stack"),
      }),
    );

    const large = await service.negotiate({ client: { name: "x".repeat(200_000) } }).catch(readTypedError);
    expect(large).toMatchObject({
      code: Code.ResourceExhausted,
      reason: "MESSAGE_TOO_LARGE",
      message: expect.stringContaining("100000 bytes"),
      remedy: expect.stringContaining("UploadTar"),
      metadata: { limit_bytes: "100000" },
    });
    expect(await service.negotiate({ client: { name: "after" } })).toMatchObject({ host: { name: "after" } });

    const upload = createClient(UploadService, transport);
    const inStream = await upload
      .uploadTar(
        (async function* () {
          yield tarData(10);
          yield tarData(200_000);
        })(),
      )
      .catch(readTypedError);
    expect(inStream).toMatchObject({ code: Code.ResourceExhausted, reason: "MESSAGE_TOO_LARGE" });

    const early = await upload
      .uploadTar(
        (async function* () {
          yield { part: { case: "start" as const, value: { cacheKey: "refuse" } } };
          for (let i = 0; i < 200; i++) yield tarData(90_000);
        })(),
      )
      .catch(readTypedError);
    expect(early).toMatchObject({ code: Code.Internal, reason: "INTERNAL" });

    const local = await service.negotiate({ client: { name: "local" } }).catch(readTypedError);
    if (by === "unix") expect(local).toMatchObject({ host: { name: "local" } });
    else
      expect(local).toMatchObject({
        code: Code.PermissionDenied,
        reason: "LOCAL_ONLY",
        fields: [{ field: "client.name" }],
      });

    const missing = await createClient(BuildService, transport).getBuild({ id: "x" }).catch(readTypedError);
    expect(missing).toMatchObject({ code: Code.Unimplemented, reason: "UNIMPLEMENTED" });
  });
});
