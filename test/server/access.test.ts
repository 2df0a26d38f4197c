import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { type IncomingMessage, request } from "node:http";
import { get } from "node:https";
import { join } from "node:path";
import { create, toBinary } from "@bufbuild/protobuf";
import { Code, createClient } from "@connectrpc/connect";
import { encodeEnvelope } from "@connectrpc/connect/protocol";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { connectHost } from "../../src/client/connect.js";
import { readTypedError } from "../../src/errors/typed-error.js";
import { Health } from "../../src/gen/grpc/health/v1/health_pb.js";
import { WatchBuildRequestSchema } from "../../src/gen/slipway/v1/build_pb.js";
import { HostService } from "../../src/gen/slipway/v1/host_pb.js";
import { limitsWith } from "../../src/host/quotas/limits.js";
import type { TcpListen } from "../../src/host/server/listen.js";
import { makeTestTls } from "../lab/tls.js";
import { shortTempDir, startTestServer } from "./test-api.js";

const token = "0123456789abcdef0123456789abcdef";

async function tokenFile(content = `${token}\n`, mode = 0o600): Promise<string> {
  const file = join(await shortTempDir(), "token");
  await writeFile(file, content, { mode });
  return file;
}

const startOnTcp = (tcp: Partial<TcpListen>) =>
  startTestServer({ listen: { tcp: { host: "127.0.0.1", port: 0, ...tcp } } });

describe("TCP is refused", () => {
  const refused = (tcp: Partial<TcpListen>) => startOnTcp(tcp).then(() => "opened", readTypedError);

  test("without a token or client certificates", async () => {
    expect(await refused({})).toMatchObject({
      reason: "TCP_WITHOUT_AUTHENTICATION",
      remedy: expect.stringContaining("token file"),
    });
    const { serverCert: certFile, serverKey: keyFile } = await makeTestTls(join(await shortTempDir(), "tls"));
    expect(await refused({ tls: { certFile, keyFile } })).toMatchObject({
      reason: "TCP_WITHOUT_AUTHENTICATION",
    });
  });

  test.each(["0.0.0.0", "::", "10.1.2.3", "127.evil.example"])("in clear text on %s", async (host) => {
    expect(await refused({ host, tokenFile: await tokenFile() })).toMatchObject({
      reason: "TCP_WITHOUT_TLS",
    });
  });

  test("with a token file that others can read, that holds a short token, or that is missing", async () => {
    expect(await refused({ tokenFile: await tokenFile(token, 0o644) })).toMatchObject({
      reason: "TOKEN_FILE_UNSAFE",
      message: expect.stringContaining("0644"),
      remedy: expect.stringContaining("chmod 600"),
    });
    expect(await refused({ tokenFile: await tokenFile("hunter2") })).toMatchObject({
      reason: "TOKEN_UNUSABLE",
    });
    expect(await refused({ tokenFile: "/nowhere/token" })).toMatchObject({ reason: "TOKEN_FILE_UNREADABLE" });
  });

  test("with a missing certificate, an invalid origin, or an invalid port", async () => {
    const tls = { certFile: "/nowhere/cert.pem", keyFile: "/nowhere/key.pem" };
    expect(await refused({ tokenFile: await tokenFile(), tls })).toMatchObject({
      reason: "TLS_FILE_UNREADABLE",
    });
    for (const corsOrigin of ["https://a.example/path", "*", "null", "a.example", ""]) {
      expect(await refused({ tokenFile: await tokenFile(), corsOrigins: [corsOrigin] })).toMatchObject({
        reason: "CORS_ORIGIN_INVALID",
      });
    }
    expect(await refused({ tokenFile: await tokenFile(), host: "127.0.0.1", port: 1 << 20 })).toMatchObject({
      reason: "LISTEN_FAILED",
    });
  });
});

describe("a token", () => {
  test("is required for every call, health included", async () => {
    const { server } = await startOnTcp({ tokenFile: await tokenFile() });
    const url = server.addresses.tcp ?? "";
    const open = async (file?: string) => {
      const host = await connectHost({ kind: "tcp", url, tokenFile: file });
      onTestFinished(() => host.close());
      return host.transport;
    };
    const right = await open(await tokenFile());
    expect(await createClient(HostService, right).negotiate({})).toMatchObject({
      host: { version: "tcp" },
    });
    const cases = [
      [undefined, "TOKEN_MISSING"],
      [await tokenFile(`${token}0`), "TOKEN_WRONG"],
    ] as const;
    for (const [file, reason] of cases) {
      const transport = await open(file);
      for (const call of [
        createClient(HostService, transport).negotiate({}),
        createClient(Health, transport).check({}),
      ]) {
        expect(await call.catch(readTypedError)).toMatchObject({ code: Code.Unauthenticated, reason });
      }
      const watched = createClient(Health, transport).watch({})[Symbol.asyncIterator]().next();
      expect(await watched.catch(readTypedError)).toMatchObject({ code: Code.Unauthenticated, reason });
    }
  });

  test("is checked before the host reads a message", async () => {
    const { server } = await startOnTcp({ tokenFile: await tokenFile() });
    const body = new ReadableStream({
      async pull(controller) {
        controller.enqueue(new TextEncoder().encode(" ".repeat(1 << 16)));
        await new Promise((resolve) => setTimeout(resolve, 5));
      },
    });
    const headers = { "content-type": "application/json" };
    const url = `${server.addresses.tcp}/slipway.v1.HostService/Negotiate`;
    const answer = await fetch(url, { method: "POST", headers, body, duplex: "half" } as RequestInit);
    expect(answer.status).toBe(401);
    await answer.body?.cancel();
  });
});

test("open calls of a principal are limited, and those of the local user by the host's limit only", async () => {
  const { server, unixPath } = await startTestServer({
    listen: { tcp: { host: "127.0.0.1", port: 0, tokenFile: await tokenFile() } },
    quotas: limitsWith({ "principal-calls": 2, calls: 5 }),
  });
  const far = await connectHost({
    kind: "tcp",
    url: server.addresses.tcp ?? "",
    tokenFile: await tokenFile(),
  });
  const near = await connectHost({ kind: "unix", path: unixPath });
  onTestFinished(() => {
    far.close();
    near.close();
  });
  const watch = async ({ transport }: typeof far) => {
    const leave = new AbortController();
    const { signal } = leave;
    const stream = createClient(Health, transport).watch({}, { signal })[Symbol.asyncIterator]();
    await stream.next();
    return leave;
  };
  const negotiate = ({ transport }: typeof far) =>
    createClient(HostService, transport)
      .negotiate({})
      .then(() => undefined, readTypedError);
  const first = await watch(far);
  await watch(far);
  expect(await negotiate(far)).toMatchObject({
    code: Code.ResourceExhausted,
    reason: "QUOTA_EXCEEDED",
    metadata: { quota: "principal-calls", limit: "2", used: "2" },
    remedy: "Try again when one of the open calls has ended.",
  });
  for (let count = 0; count < 3; count += 1) await watch(near);
  expect(await negotiate(near)).toMatchObject({ metadata: { quota: "calls", limit: "5", used: "3" } });
  first.abort();
  await expect.poll(() => negotiate(far)).toBeUndefined();
  expect(await negotiate(near)).toBeUndefined();
});

test("without a CA file, a client trusts the machine's certificates", async () => {
  const files = await makeTestTls(join(await shortTempDir(), "tls"));
  const { server } = await startOnTcp({
    tls: { certFile: files.serverCert, keyFile: files.serverKey },
    tokenFile: await tokenFile(),
  });
  const address = { kind: "tcp" as const, url: server.addresses.tcp ?? "", tokenFile: await tokenFile() };
  expect(await connectHost(address).catch(readTypedError)).toMatchObject({
    reason: "HOST_CERTIFICATE_REFUSED",
  });
  onTestFinished(() => void vi.unstubAllEnvs());
  vi.stubEnv("SSL_CERT_FILE", files.ca);
  const host = await connectHost(address);
  onTestFinished(() => host.close());
  await createClient(HostService, host.transport).negotiate({});
  vi.stubEnv("SSL_CERT_FILE", "/missing/roots.pem");
  expect(await connectHost(address).catch(readTypedError)).toMatchObject({
    reason: "CLIENT_FILE_UNREADABLE",
    message: expect.stringContaining("/missing/roots.pem"),
  });
});

test("client certificates identify callers and are required", async () => {
  const files = await makeTestTls(join(await shortTempDir(), "tls"));
  const tls = { certFile: files.serverCert, keyFile: files.serverKey, clientCaFile: files.ca };
  const { server } = await startOnTcp({ host: "127.0.0.1", tls });
  const url = server.addresses.tcp ?? "";
  expect(url).toMatch(/^https:/);
  const clientTls = { caFile: files.ca, certFile: files.cert, keyFile: files.key };
  const host = await connectHost({ kind: "tcp", url, tls: clientTls });
  onTestFinished(() => host.close());
  expect(await createClient(HostService, host.transport).negotiate({})).toMatchObject({
    host: { version: "tcp slipway lab client" },
  });

  const anonymous = connectHost({ kind: "tcp", url, tls: { caFile: files.ca } });
  const refusal = await anonymous
    .then(({ transport }) => createClient(HostService, transport).negotiate({}))
    .then(() => "accepted", readTypedError);
  expect(refusal).toMatchObject({ code: Code.Unavailable, reason: expect.stringMatching(/^HOST_/) });
  expect(await connectHost({ kind: "tcp", url, tls: {} }).catch(readTypedError)).toMatchObject({
    reason: "HOST_CERTIFICATE_REFUSED",
  });

  const [ca, cert, key] = await Promise.all([files.ca, files.cert, files.key].map((file) => readFile(file)));
  const http1 = await new Promise<number | undefined>((resolve, reject) => {
    const request = get(`${url}/nowhere`, { ca, cert, key }, (response) =>
      resolve(response.resume().statusCode),
    );
    request.on("error", reject);
  });
  expect(http1).toBe(404);
});

describe("a browser", () => {
  const origin = "https://builds.example";
  const call = (url: string, init: RequestInit) =>
    fetch(`${url}/slipway.v1.HostService/Negotiate`, {
      ...init,
      headers: { origin, authorization: `Bearer ${token}`, ...init.headers },
    });
  const open = async () => {
    const { server } = await startOnTcp({ tokenFile: await tokenFile(), corsOrigins: [origin] });
    return server.addresses.tcp ?? "";
  };

  test("sends a preflight, which succeeds for the given origins only", async () => {
    const url = await open();
    const preflight = {
      method: "OPTIONS",
      headers: { "access-control-request-method": "POST", "access-control-request-headers": "authorization" },
    };
    const allowed = await call(url, preflight);
    expect(allowed.status).toBe(204);
    expect(allowed.headers.get("access-control-allow-origin")).toBe(origin);
    expect(allowed.headers.get("access-control-allow-headers")?.toLowerCase()).toContain("authorization");
    expect(allowed.headers.get("access-control-allow-methods")).toContain("POST");

    const other = await call(url, {
      ...preflight,
      headers: { ...preflight.headers, origin: "https://evil.example" },
    });
    expect(other.status).toBe(403);
    expect(other.headers.get("access-control-allow-origin")).toBeNull();
  });

  test("is refused from other origins before its token is checked, and on the unix socket from all origins", async () => {
    const { server, unixPath } = await startOnTcp({ tokenFile: await tokenFile(), corsOrigins: [origin] });
    const json = { "content-type": "application/json" };
    const headers = { ...json, origin: "https://evil.example", authorization: "Bearer wrong" };
    const answer = await call(server.addresses.tcp ?? "", { method: "POST", headers, body: "{}" });
    expect(answer.status).toBe(403);
    expect(answer.headers.get("access-control-allow-origin")).toBeNull();
    expect(answer.headers.get("vary")).toBe("origin");
    const refusal = {
      code: "permission_denied",
      message: expect.stringContaining('"https://evil.example"'),
      details: [
        { type: "google.rpc.ErrorInfo", debug: { reason: "ORIGIN_REFUSED" } },
        { type: "google.rpc.Help" },
        { type: "google.rpc.RequestInfo" },
      ],
    };
    expect(await answer.json()).toMatchObject(refusal);

    const path = "/slipway.v1.HostService/Negotiate";
    const local = request({ socketPath: unixPath, path, method: "POST", headers: { ...json, origin } });
    local.end("{}");
    const [response] = (await once(local, "response")) as [IncomingMessage];
    expect(response.statusCode).toBe(403);
    response.resume();
  });

  test("uses Connect in JSON, with GET for methods without side effects", async () => {
    const url = await open();
    const json = { method: "POST", headers: { "content-type": "application/json" } };
    const answer = await call(url, { ...json, body: JSON.stringify({ client: { name: "browser" } }) });
    expect(answer.headers.get("access-control-allow-origin")).toBe(origin);
    expect(answer.headers.get("access-control-expose-headers")).toContain("Grpc-Status");
    expect(await answer.json()).toMatchObject({ host: { name: "browser", version: "tcp" } });

    const query = new URLSearchParams({
      connect: "v1",
      encoding: "json",
      message: '{"client":{"name":"get"}}',
    });
    const got = await fetch(`${url}/slipway.v1.HostService/Negotiate?${query}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(await got.json()).toMatchObject({ host: { name: "get" } });
    const closed = await fetch(`${url}/slipway.v1.HostService/Negotiate?${query}`);
    expect(closed.status).toBe(401);
    const unknown = await fetch(`${url}/slipway.v1.HostService/Unknown`, { method: "POST" });
    expect([unknown.status, await unknown.json()]).toEqual([
      401,
      expect.objectContaining({ code: "unauthenticated" }),
    ]);
    expect(await closed.json()).toMatchObject({ code: "unauthenticated" });
    const unread = await fetch(`${url}/slipway.v1.HostService/Negotiate?encoding=json&message=%7B`);
    expect([unread.status, unread.headers.get("cache-control")]).toEqual([401, "no-store"]);
    expect(got.headers.get("cache-control")).toBe("no-store");
    // An image or a script of a page: no origin, but the browser says that the page is elsewhere.
    for (const site of ["cross-site", "same-site"]) {
      const embedded = await fetch(`${url}/slipway.v1.HostService/Negotiate?${query}`, {
        headers: { authorization: `Bearer ${token}`, "sec-fetch-site": site },
      });
      expect(await embedded.json()).toMatchObject({
        details: [{ debug: { reason: "ORIGIN_REFUSED" } }, {}, {}],
      });
    }

    const malformed = await call(url, { ...json, body: '{"client": 7}' });
    expect(malformed.status).toBe(400);
    expect(await malformed.json()).toMatchObject({
      code: "invalid_argument",
      details: [{ type: "google.rpc.ErrorInfo", debug: { reason: "MESSAGE_MALFORMED" } }, {}, {}],
    });
  });

  test("uses gRPC-Web", async () => {
    const url = await open();
    const request = create(WatchBuildRequestSchema, { id: "n", fromSequence: 2n });
    const answer = await fetch(`${url}/slipway.v1.BuildService/WatchBuild`, {
      method: "POST",
      headers: { origin, authorization: `Bearer ${token}`, "content-type": "application/grpc-web+proto" },
      body: Buffer.from(encodeEnvelope(0, toBinary(WatchBuildRequestSchema, request))),
    });
    expect(answer.headers.get("access-control-allow-origin")).toBe(origin);
    const bytes = Buffer.from(await answer.arrayBuffer());
    const flags: number[] = [];
    let last = "";
    for (let at = 0; at < bytes.length; at += 5 + bytes.readUInt32BE(at + 1)) {
      flags.push(bytes[at] ?? -1);
      last = bytes.subarray(at + 5, at + 5 + bytes.readUInt32BE(at + 1)).toString();
    }
    expect(flags).toEqual([0, 0, 0x80]);
    expect(last).toContain("grpc-status: 0");
  });
});
