import { randomUUID } from "node:crypto";
import { expect, it, onTestFinished } from "vitest";
import { connect, exchangedTokens } from "../../src/client/index.js";
import { BuildState } from "../../src/gen/slipway/v1/build_event_pb.js";
import { createRemote } from "../builders/harness.js";
import { contextOf, fromPath, watchToEnd } from "../host/build.js";
import { startHost } from "../host/host.js";
import { lab } from "../lab/index.js";
import { spec as emptySpec } from "./every-rpc.js";
import { reasonOf } from "./harness.js";
import { startOidcHost } from "./oidc-host.js";

const firstOf = <T>(messages: AsyncIterable<T>) => messages[Symbol.asyncIterator]().next();
const accessToken = "urn:ietf:params:oauth:token-type:access_token";

it("a token for an ID token builds, and one for the build watches and cancels it alone", async () => {
  const { host, as, login } = await startOidcHost();
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
  // Neither a build of somebody else, nor another one of its own principal.
  const another = (await a.builds.startBuild({ spec })).build!.id;
  for (const other of [others, another])
    expect(
      await Promise.all(
        [
          watcher.builds.getBuild({ id: other }),
          watcher.builds.cancelBuild({ id: other }),
          firstOf(watcher.builds.watchBuild({ id: other })),
          firstOf(watcher.builds.readOutput({ id: other })),
        ].map(reasonOf),
      ),
    ).toEqual(Array(4).fill("BUILD_UNKNOWN"));
  expect(await reasonOf(watcher.builds.startBuild({ spec }))).toBe("TOKEN_FOR_ONE_BUILD");
  expect(await reasonOf(watcher.builds.listBuilds({}))).toBe("TOKEN_FOR_ONE_BUILD");
  // Principals of one rule do not see each other, and a builder can be opened to one of them.
  expect(await reasonOf(b.builds.getBuild({ id }))).toBe("BUILD_UNKNOWN");
  await host.builders.setBuilderAccess({ name: "shared", allowedPrincipals: [a.principal] });
  expect(await reasonOf(b.builds.startBuild({ spec }))).toBe("BUILDER_UNKNOWN");
  expect(await reasonOf(a.builds.startBuild({ spec }))).toBeUndefined();
});

it("a rule that is removed ends calls, and what is not a token of an issuer gets none", async () => {
  const { as, login, write, sign } = await startOidcHost();
  const a = await login("app-a");
  expect(await reasonOf(a.host.negotiate({}))).toBeUndefined();
  await write("other");
  await expect.poll(() => reasonOf(a.host.negotiate({})), { timeout: 60_000 }).toBe("IDENTITY_UNBOUND");
  const exchange = (request: object) => reasonOf(as("wrong").auth.exchangeToken(request));
  expect(await exchange({ subjectToken: await sign({ sub: "app-a" }) })).toBe("IDENTITY_UNBOUND");
  expect(await exchange({ subjectToken: await sign({ sub: "other" }) })).toBeUndefined();
  expect(await exchange({})).toBe("SUBJECT_TOKEN_MISSING");
  expect(await exchange({ subjectToken: a.token })).toBe("ID_TOKEN_INVALID");
  expect(await exchange({ subjectToken: "x".repeat(20_000) })).toBe("ID_TOKEN_INVALID");
  expect(await exchange({ subjectToken: "x".repeat(70_000) })).toBe("MESSAGE_TOO_LARGE");
  expect(await exchange({ subjectToken: "x", subjectTokenType: "saml" })).toBe("TOKEN_TYPE_UNSUPPORTED");
  expect(await exchange({ subjectToken: a.token, subjectTokenType: accessToken, build: "b" })).toBe(
    "IDENTITY_UNBOUND",
  );
  expect(await reasonOf(as().host.negotiate({}))).toBe("TOKEN_MISSING");
});

it("the next host runs builds of those whom the rule still names, and ends the others", async () => {
  const { host, args, login, write } = await startOidcHost("--max-running-builds", "1");
  await createRemote(host, "shared");
  const [a, b] = [await login("app-a"), await login("app-b")];
  const dockerfile = (text: string) => ({ source: { case: "content" as const, value: Buffer.from(text) } });
  const start = async ({ builds }: Pick<typeof host, "builds">, text: string) => {
    const spec = { ...emptySpec, builder: "shared", dockerfile: dockerfile(text) };
    return (await builds.startBuild({ spec })).build!.id;
  };
  // It holds the only place.
  const endless = `FROM ${lab().registry.baseImage}\nRUN : ${randomUUID()}; while true; do sleep 0.1; done\n`;
  const first = await start(host, endless);
  const [ofA, ofB] = [
    await start(a, "FROM scratch\nLABEL a=a\n"),
    await start(b, "FROM scratch\nLABEL b=b\n"),
  ];
  host.process.kill("SIGKILL");
  await host.ended;
  await write("app-a");
  const next = await startHost({ args, folder: host.folder });
  expect((await watchToEnd(next, ofB)).finished.error).toMatchObject({
    reason: "HOST_STOPPED",
    message: expect.stringContaining("oidc:apps:app-b may not start builds any more."),
  });
  await next.builds.cancelBuild({ id: first });
  // The token counts on the next host too, which has the same key.
  expect((await watchToEnd(a, ofA)).finished.state).toBe(BuildState.SUCCEEDED);
  expect(await reasonOf(b.builds.getBuild({ id: ofB }))).toBe("IDENTITY_UNBOUND");
});

it("the client exchanges ID tokens by itself, once for many calls", async () => {
  const { url, sign } = await startOidcHost();
  const env = { SLIPWAY_HOST: url };
  let count = 0;
  const idToken = () => {
    count++;
    return sign({ sub: "app-a" });
  };
  const slipway = await connect({ env, tokens: exchangedTokens(idToken, env) });
  onTestFinished(() => slipway.close());
  await Promise.all([slipway.builds.listBuilds({}), slipway.builds.listBuilds({})]);
  expect(count).toBe(1);
});
