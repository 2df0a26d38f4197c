import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createClient, type Interceptor } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { expect, it } from "vitest";
import { AuthService } from "../../src/gen/slipway/v1/auth_pb.js";
import { BuildState } from "../../src/gen/slipway/v1/build_event_pb.js";
import { BuildService } from "../../src/gen/slipway/v1/build_pb.js";
import { HostService } from "../../src/gen/slipway/v1/host_pb.js";
import { startIssuer } from "../../src/host/access/oidc-issuer.test-helper.js";
import { createRemote } from "../builders/harness.js";
import { contextOf, fromPath, watchToEnd } from "../host/build.js";
import { startHost } from "../host/host.js";
import { freePort, tempDir } from "../lab/index.js";
import { spec as emptySpec } from "./every-rpc.js";
import { reasonOf } from "./harness.js";

const accessToken = "urn:ietf:params:oauth:token-type:access_token";

/** A host on TCP whose only callers are those of an issuer: the apps "a" and "b", which are builders. */
async function setUp() {
  const issuer = await startIssuer();
  const sign = await issuer.rotate("ES256");
  const folder = await tempDir();
  const file = join(folder, "issuers.toml");
  const write = (apps: string) =>
    writeFile(
      file,
      `[[issuer]]
name = "own"
url = "${issuer.url}"
audience = "slipway"

[[bind]]
name = "apps"
issuer = "own"
claims = { sub = "${apps}" }
role = "builder"
`,
      { mode: 0o600 },
    );
  await write("app-*");
  const key = join(folder, "key");
  await writeFile(key, randomBytes(32).toString("base64"), { mode: 0o600 });
  const address = `127.0.0.1:${await freePort()}`;
  const host = await startHost({ args: ["--tcp", address, "--issuers-file", file, "--state-key-file", key] });
  const as = (token?: string) => {
    const authorize: Interceptor = (next) => (request) => {
      if (token) request.header.set("authorization", `Bearer ${token}`);
      return next(request);
    };
    const transport = createGrpcTransport({ baseUrl: `http://${address}`, interceptors: [authorize] });
    return {
      auth: createClient(AuthService, transport),
      builds: createClient(BuildService, transport),
      host: createClient(HostService, transport),
    };
  };
  const login = async (app: string) => {
    const answer = await as().auth.exchangeToken({ subjectToken: await sign({ sub: app }) });
    return { ...as(answer.accessToken), token: answer.accessToken, principal: answer.principal };
  };
  return { host, as, login, write, sign };
}

it("a token for an ID token builds, and one for the build watches and cancels it alone", async () => {
  const { host, as, login } = await setUp();
  await createRemote(host, "shared");
  const [a, b] = [await login("app-a"), await login("app-b")];
  expect(a.principal).toBe("oidc:apps:app-a");
  const context = await contextOf({ Dockerfile: "FROM scratch\nCOPY Dockerfile /\n" });
  const start = async () => {
    const { build } = await host.builds.startBuild({
      spec: { context: fromPath(context), builder: "shared" },
    });
    return build!.id;
  };
  const others = await start();
  await watchToEnd(host, others);
  const spec = { ...emptySpec, builder: "shared" };
  const { build } = await a.builds.startBuild({ spec });
  const id = build!.id;
  const { accessToken: limited } = await as().auth.exchangeToken({
    subjectToken: a.token,
    subjectTokenType: accessToken,
    build: id,
  });
  const watcher = as(limited);
  const { finished } = await watchToEnd(watcher, id);
  expect(finished.state).toBe(BuildState.SUCCEEDED);
  expect((await watcher.builds.getBuild({ id })).build!.owner).toBe(a.principal);
  expect(await reasonOf(watcher.builds.cancelBuild({ id }))).toBeUndefined();
  expect(await reasonOf(watcher.builds.getBuild({ id: others }))).toBe("BUILD_UNKNOWN");
  expect(await reasonOf(watcher.builds.startBuild({ spec }))).toBe("TOKEN_FOR_ONE_BUILD");
  expect(await reasonOf(watcher.builds.listBuilds({}))).toBe("TOKEN_FOR_ONE_BUILD");
  // Principals of one rule do not see each other.
  expect(await reasonOf(b.builds.getBuild({ id }))).toBe("BUILD_UNKNOWN");
});

it("a rule that goes ends calls, and what is not a token of an issuer gets none", async () => {
  const { as, login, write, sign } = await setUp();
  const a = await login("app-a");
  expect(await reasonOf(a.host.negotiate({}))).toBeUndefined();
  await write("other");
  await expect.poll(() => reasonOf(a.host.negotiate({})), { timeout: 60_000 }).toBe("IDENTITY_UNBOUND");
  const exchange = (request: object) => reasonOf(as("wrong").auth.exchangeToken(request));
  expect(await exchange({ subjectToken: await sign({ sub: "app-a" }) })).toBe("IDENTITY_UNBOUND");
  expect(await exchange({ subjectToken: await sign({ sub: "other" }) })).toBeUndefined();
  expect(await exchange({})).toBe("SUBJECT_TOKEN_MISSING");
  expect(await exchange({ subjectToken: a.token })).toBe("ID_TOKEN_INVALID");
  expect(await exchange({ subjectToken: "x", subjectTokenType: "saml" })).toBe("TOKEN_TYPE_UNSUPPORTED");
  expect(await exchange({ subjectToken: a.token, subjectTokenType: accessToken, build: "b" })).toBe(
    "IDENTITY_UNBOUND",
  );
  expect(await reasonOf(as().host.negotiate({}))).toBe("TOKEN_MISSING");
});
