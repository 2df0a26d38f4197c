import { createPublicKey, verify } from "node:crypto";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import {
  create,
  type DescMethodUnary,
  fromBinary,
  type MessageInitShape,
  toBinary,
} from "@bufbuild/protobuf";
import type { GenMessage } from "@bufbuild/protobuf/codegenv2";
import { Code } from "@connectrpc/connect";
import { afterEach, describe, expect, test } from "vitest";
import { givenCredentials } from "../../config/credential.js";
import { InputError } from "../../errors/input-error.js";
import { Auth } from "../../gen/moby/filesync/v1/auth_pb.js";
import { callMethod } from "../session/session-call.test-helper.js";
import { auth } from "./auth.js";

const given = givenCredentials([
  ["docker.io", { username: "hub", secret: "pw" }],
  ["https://r.test:5000/v2/", { username: "u", secret: "p&=+ ü" }],
  ["id.test", { username: "", secret: "refresh" }],
  ["ready.test", { username: "", secret: "", registryToken: "bearer" }],
]);

async function call<I extends DescMethodUnary>(
  desc: I,
  request: MessageInitShape<I["input"]>,
  options: { providers?: Parameters<typeof auth>[0]; env?: NodeJS.ProcessEnv } = {},
) {
  const methods = auth(options.providers ?? [given], options.env ?? {});
  const method = methods.find((candidate) => candidate.path === `/moby.filesync.v1.Auth/${desc.name}`);
  const input = desc.input as GenMessage<never>;
  const { sent, error } = await callMethod(method!, {
    messages: [toBinary(input, create(input, request as never))],
  });
  if (error !== undefined) throw error;
  return fromBinary(desc.output as I["output"], sent[0]!);
}

const credentials = Auth.method.credentials;
const getTokenAuthority = Auth.method.getTokenAuthority;

test("uses the first provider with a credential; the answer is empty without one", async () => {
  const first = givenCredentials([["r.test:5000", { username: "first", secret: "1" }]]);
  const providers = [first, given];
  expect(await call(credentials, { host: "r.test:5000" }, { providers })).toMatchObject({
    username: "first",
  });
  expect(await call(credentials, { host: "registry-1.docker.io" }, { providers })).toMatchObject({
    username: "hub",
    secret: "pw",
  });
  expect(await call(credentials, { host: "other.test" }, { providers })).toMatchObject({
    username: "",
    secret: "",
  });
});

test("reports a provider's error to BuildKit with its remedy", async () => {
  const broken = async () => {
    throw new InputError({
      reason: "CREDENTIAL_HELPER_FAILED",
      field: "",
      message: "The helper is broken.",
      remedy: "Install it.",
    });
  };
  await expect(call(credentials, { host: "r.test" }, { providers: [broken] })).rejects.toMatchObject({
    code: Code.FailedPrecondition,
    message: "The helper is broken. Install it.",
  });
});

test("proves that two builds have the same credential, and nothing else", async () => {
  const salt = Buffer.from("daemon");
  const host = "r.test:5000";
  const { publicKey } = await call(getTokenAuthority, { host, salt });
  expect(publicKey).toHaveLength(32);
  expect((await call(getTokenAuthority, { host, salt })).publicKey).toEqual(publicKey);

  const payload = Buffer.alloc(32, 7);
  const { signed } = await call(Auth.method.verifyTokenAuthority, { host, salt, payload });
  expect(Buffer.from(signed.subarray(64))).toEqual(payload);
  const jwk = { kty: "OKP", crv: "Ed25519", x: Buffer.from(publicKey).toString("base64url") };
  const key = createPublicKey({ key: jwk, format: "jwk" });
  expect(verify(null, signed.subarray(64), key, signed.subarray(0, 64))).toBe(true);

  const others = [
    await call(getTokenAuthority, { host, salt: Buffer.from("restarted") }),
    await call(getTokenAuthority, { host: "id.test", salt }),
    await call(
      getTokenAuthority,
      { host, salt },
      { providers: [givenCredentials([[host, { username: "u", secret: "wrong" }]])] },
    ),
  ];
  for (const other of others) expect(other.publicKey).not.toEqual(publicKey);
});

test.each([
  ["without a credential", "other.test", {}],
  ["when configured", "r.test:5000", { BUILDKIT_NO_CLIENT_TOKEN: "1" }],
  ["behind a proxy", "r.test:5000", { https_proxy: "http://proxy" }],
])("leaves tokens to BuildKit %s", async (_, host, env) => {
  await expect(call(getTokenAuthority, { host, salt: Buffer.of(1) }, { env })).rejects.toMatchObject({
    code: Code.Unavailable,
  });
});

let server: Server | undefined;
afterEach(() => server?.close());

/** Starts a token server; `answer` gets the request and its body. */
async function tokenServer(
  answer: (request: IncomingMessage, body: URLSearchParams) => [status: number, body: unknown],
) {
  server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const [status, result] = answer(request, new URLSearchParams(body));
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(result));
  });
  await new Promise<void>((resolve) => server!.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`;
}

function fetchToken(realm: string, host = "r.test:5000") {
  const scopes = ["repository:a/b:pull", "repository:c:pull,push"];
  return call(Auth.method.fetchToken, { clientId: "buildkit-client", host, realm, service: "reg", scopes });
}

test("fetches a token by OAuth with a password or refresh token", async () => {
  const realm = await tokenServer((request, body) => {
    expect(request.method).toBe("POST");
    expect(body.get("scope")).toBe("repository:a/b:pull repository:c:pull,push");
    expect(body.get("service")).toBe("reg");
    expect(body.get("client_id")).toBe("buildkit-client");
    const given = body.get("refresh_token") ?? `${body.get("username")}/${body.get("password")}`;
    const issued = { expires_in: 300, issued_at: "2024-01-02T03:04:05Z" };
    return [200, { access_token: `${body.get("grant_type")}:${given}`, ...issued }];
  });
  expect(await fetchToken(realm)).toMatchObject({
    token: "password:u/p&=+ ü",
    expiresIn: 300n,
    issuedAt: 1704164645n,
  });
  expect(await fetchToken(realm, "id.test")).toMatchObject({ token: "refresh_token:refresh" });
});

test.each([401, 404, 405])("uses GET with a server that answers POST with %d", async (status) => {
  const realm = await tokenServer((request) => {
    if (request.method === "POST") return [status, {}];
    const { searchParams } = new URL(request.url!, "http://x");
    expect(searchParams.getAll("scope")).toEqual(["repository:a/b:pull", "repository:c:pull,push"]);
    const basic = Buffer.from(request.headers.authorization!.replace("Basic ", ""), "base64").toString();
    return [200, { token: basic }];
  });
  expect(await fetchToken(realm)).toMatchObject({ token: "u:p&=+ ü", expiresIn: 60n, issuedAt: 0n });
});

test("passes a registry token on unchanged", async () => {
  expect(await fetchToken("http://127.0.0.1:1/unused", "ready.test")).toMatchObject({ token: "bearer" });
});

test("reports refused credentials as UNAUTHENTICATED, with the server's message and without the password", async () => {
  const realm = await tokenServer(() => [401, { errors: [{ message: "wrong password" }] }]);
  const error: Error = await fetchToken(realm).then(
    () => expect.fail("accepted"),
    (reason) => reason,
  );
  expect(error).toMatchObject({ code: Code.Unauthenticated });
  expect(error.message).toMatch(/401 Unauthorized for user u: wrong password\.$/);
  expect(error.message).not.toContain("p&");
});

test("reports a token server that is unreachable or invalid", async () => {
  await expect(fetchToken("http://127.0.0.1:1/token")).rejects.toMatchObject({
    code: Code.Unavailable,
    message: expect.stringMatching(/127\.0\.0\.1:1.*ECONNREFUSED.*BUILDKIT_NO_CLIENT_TOKEN/),
  });
  await expect(fetchToken("file:///etc/passwd")).rejects.toMatchObject({ code: Code.InvalidArgument });
  const realm = await tokenServer(() => [200, { nothing: true }]);
  await expect(fetchToken(realm)).rejects.toThrow(/without a token/);
});

test.each(["other.test", "r.test", "r.test:5001", "x.r.test:5000", "r.test:5000.evil", "hub.docker.io", ""])(
  "uses no login of another registry for %j",
  async (host) => {
    expect(await call(credentials, { host })).toMatchObject({ username: "", secret: "" });
    let authorization: string | undefined;
    const realm = await tokenServer((request, body) => {
      authorization = request.headers.authorization ?? body.get("password") ?? undefined;
      return [200, { token: "anonymous" }];
    });
    expect(await fetchToken(realm, host)).toMatchObject({ token: "anonymous" });
    expect(authorization).toBeUndefined();
  },
);

describe("a token server without TLS on another address than the loopback interface", () => {
  let requests: string[] = [];
  /** Reaches the server of the test, but is not a loopback address. */
  async function foreignRealm() {
    requests = [];
    const realm = await tokenServer((request) => {
      requests.push(`${request.method} ${request.headers.authorization}`);
      return [200, { token: "anonymous" }];
    });
    return realm.replace("127.0.0.1", "0.0.0.0");
  }

  test.each(["r.test:5000", "id.test"])("gets no login of %s", async (host) => {
    const realm = await foreignRealm();
    await expect(fetchToken(realm, host)).rejects.toMatchObject({
      code: Code.FailedPrecondition,
      message: `The token server ${new URL(realm).origin} uses plain HTTP. Logins are sent only over HTTPS or to the loopback interface.`,
    });
    expect(requests).toEqual([]);
  });

  test("may issue anonymous tokens", async () => {
    expect(await fetchToken(await foreignRealm(), "other.test")).toMatchObject({ token: "anonymous" });
    expect(requests).toEqual(["GET undefined"]);
  });

  test.each(["http://127.0.0.1.evil.test/", "http://127.0.0.1@evil.test/", "http://localhost.evil.test/"])(
    "is not mistaken for the loopback interface: %s",
    async (realm) => {
      await expect(fetchToken(realm)).rejects.toMatchObject({ code: Code.FailedPrecondition });
    },
  );
});
