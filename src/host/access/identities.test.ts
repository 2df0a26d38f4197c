import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { base64url, exportJWK, generateKeyPair, SignJWT } from "jose";
import { expect, it, onTestFinished, vi } from "vitest";
import { readTypedError } from "../../errors/typed-error.js";
import { keptLog } from "../base/kept-log.test-helper.js";
import { createLog } from "../base/log.js";
import { Credentials } from "./credentials.js";
import { Identities } from "./identities.js";
import { startIssuer, type TestIssuer } from "./oidc-issuer.test-helper.js";

const log = createLog("error");
const keys = [randomBytes(32)];
const { privateKey: exposed } = await generateKeyPair("ES256", { extractable: true });
const exposedJwk = { ...(await exportJWK(exposed)), kid: "key-1", alg: "ES256" };

const textFor = (url: string, sub = "app", role = "builder") => `
[[issuer]]
name = "own"
url = "${url}"
audience = "slipway"

[[bind]]
name = "apps"
issuer = "own"
claims = { sub = "${sub}" }
role = "${role}"
groups = ["team-a"]
`;

async function setUp() {
  const issuer = await startIssuer();
  const folder = await mkdtemp(join(tmpdir(), "issuers"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, "issuers.toml");
  const write = (text: string) => writeFile(file, text, { mode: 0o600 });
  await write(textFor(issuer.url));
  const open = async () => {
    const identities = await Identities.open({ file, keys }, log);
    onTestFinished(() => identities.close());
    return identities;
  };
  return { issuer, file, write, open, identities: await open() };
}

const reasonOf = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error) => readTypedError(error).reason,
  );
const nowS = () => Math.floor(Date.now() / 1000);

it.each(["RS256", "ES256", "EdDSA"])("exchanges a token that is signed with %s", async (alg) => {
  const { issuer, identities, open } = await setUp();
  const sign = await issuer.rotate(alg);
  const { token, principal, lifetimeS } = await identities.exchange(await sign({}));
  expect({ principal, lifetimeS }).toEqual({ principal: "oidc:apps:app", lifetimeS: 3600 });
  const expected = { id: principal, role: "builder", groups: ["team-a"] };
  expect(identities.authenticate(token)).toEqual(expected);
  // A host with the same key, or this one after a restart.
  expect((await open()).authenticate(token)).toEqual(expected);
  expect(issuer.requests.filter((path) => path === "/keys")).toHaveLength(1);
});

it("refuses tokens with a wrong issuer, audience, time, algorithm, key id, signature or subject", async () => {
  const { issuer, identities } = await setUp();
  const sign = await issuer.rotate("ES256");
  const refused = async (token: string | Promise<string>) => reasonOf(identities.exchange(await token));
  expect(await refused(sign({ iss: "https://other.example" }))).toBe("ID_TOKEN_ISSUER_UNKNOWN");
  expect(await refused(sign({ iss: `${issuer.url}/` }))).toBe("ID_TOKEN_ISSUER_UNKNOWN");
  expect(await refused(sign({ aud: "other" }))).toBe("ID_TOKEN_AUDIENCE_WRONG");
  expect(await refused(sign({ exp: nowS() - 90 }))).toBe("ID_TOKEN_EXPIRED");
  expect(await refused(sign({ exp: nowS() - 20 }))).toBeUndefined();
  expect(await refused(sign({ nbf: nowS() + 300 }))).toBe("ID_TOKEN_TOO_EARLY");
  expect(await refused(sign({}, { kid: "other" }))).toBe("ID_TOKEN_KEY_UNKNOWN");
  expect(await refused(sign({ sub: "stranger" }))).toBe("IDENTITY_UNBOUND");
  for (const iss of [1, null, [issuer.url], { url: issuer.url }])
    expect(await refused(sign({ iss: iss as never }))).toBe("ID_TOKEN_ISSUER_UNKNOWN");
  for (const sub of [undefined, 1, null, ["app", "stranger"], { toString: 1 }])
    expect(await refused(sign({ sub: sub as never }))).toMatch(/ID_TOKEN_INVALID|IDENTITY_UNBOUND/);
  expect(await refused("no token")).toBe("ID_TOKEN_INVALID");
  expect(await refused(`${"a".repeat(1 << 20)}.b.c`)).toBe("ID_TOKEN_INVALID");
  const [header, , signature] = (await sign({})).split(".");
  const [, stranger] = (await sign({ sub: "stranger" })).split(".");
  expect(await refused(`${header}.${stranger}.${signature}`)).toBe("ID_TOKEN_INVALID");
  const claims = { iss: issuer.url, aud: "slipway", sub: "app", exp: nowS() + 60 };
  // With the public key as the secret of HMAC.
  const symmetric = new SignJWT(claims).setProtectedHeader({ alg: "HS256", kid: "key-1" });
  const secret = Buffer.from(JSON.stringify(issuer.keys[0]).padEnd(32));
  expect(await refused(symmetric.sign(secret))).toBe("ID_TOKEN_ALGORITHM_REFUSED");
  const { privateKey } = await generateKeyPair("ES256");
  const own = {
    alg: "ES256",
    kid: "key-1",
    jwk: await exportJWK((await generateKeyPair("ES256")).publicKey),
  };
  expect(await refused(new SignJWT(claims).setProtectedHeader(own).sign(privateKey))).toBe(
    "ID_TOKEN_INVALID",
  );
  const part = (value: object) => base64url.encode(JSON.stringify(value));
  expect(await refused(`${part({ alg: "none" })}.${part(claims)}.`)).toBe("ID_TOKEN_ALGORITHM_REFUSED");
});

it("fetches keys once for many unknown key ids", async () => {
  const { issuer, identities } = await setUp();
  const sign = await issuer.rotate("ES256");
  for (let id = 0; id < 20; id++)
    expect(await reasonOf(identities.exchange(await sign({}, { kid: `forged-${id}` })))).toBe(
      "ID_TOKEN_KEY_UNKNOWN",
    );
  expect(issuer.requests.filter((path) => path === "/keys")).toHaveLength(1);
});

it("says when the keys of an issuer cannot be fetched", async () => {
  const { issuer, write, open } = await setUp();
  const sign = await issuer.rotate("ES256");
  await write(`${textFor(issuer.url).replace("audience", `keys_url = "${issuer.url}/none"\naudience`)}`);
  const identities = await open();
  for (let call = 0; call < 5; call++)
    expect(await reasonOf(identities.exchange(await sign({})))).toBe("ISSUER_UNAVAILABLE");
  expect(issuer.requests).toEqual(["/none"]);
});

it.each([
  ["a redirect", (issuer: TestIssuer) => issuer.answer("/keys", 302, "", { location: "/other" })],
  ["too many bytes", (issuer: TestIssuer) => issuer.answer("/keys", 200, " ".repeat(600_000))],
  ["no JSON", (issuer: TestIssuer) => issuer.answer("/keys", 200, "keys")],
  ["no set of keys", (issuer: TestIssuer) => issuer.answer("/keys", 200, "[]")],
  ["a set of something else", (issuer: TestIssuer) => issuer.answer("/keys", 200, '{"keys":[1]}')],
  [
    "its private key",
    (issuer: TestIssuer) => issuer.answer("/keys", 200, JSON.stringify({ keys: [exposedJwk] })),
  ],
  [
    "the configuration of another issuer",
    (issuer: TestIssuer) =>
      issuer.answer("/.well-known/openid-configuration", 200, '{"issuer":"http://127.0.0.1"}'),
  ],
  [
    "keys at an address of the cloud",
    (issuer: TestIssuer) =>
      issuer.answer(
        "/.well-known/openid-configuration",
        200,
        JSON.stringify({ issuer: issuer.url, jwks_uri: "https://169.254.169.254/keys" }),
      ),
  ],
  [
    "a malformed key",
    (issuer: TestIssuer) =>
      issuer.answer(
        "/keys",
        200,
        JSON.stringify({ keys: [{ kty: "EC", crv: "P-256", kid: "key-1", alg: "ES256", x: "!", y: "" }] }),
      ),
  ],
])("accepts no keys of an issuer that answers with %s", async (_, fault) => {
  const { issuer, identities } = await setUp();
  const sign = await issuer.rotate("ES256");
  fault(issuer);
  expect(await reasonOf(identities.exchange(await sign({})))).toBe("ISSUER_UNAVAILABLE");
});

it("tells the operator why the keys of an issuer cannot be fetched, and not the caller", async () => {
  const { issuer, file, write } = await setUp();
  const sign = await issuer.rotate("ES256");
  await write(textFor(issuer.url).replace("audience", 'token_file = "/missing/token"\naudience'));
  const kept = keptLog();
  const identities = await Identities.open({ file, keys }, kept.log);
  onTestFinished(() => identities.close());
  const refused = await identities.exchange(await sign({})).catch(readTypedError);
  expect(refused).toMatchObject({
    reason: "ISSUER_UNAVAILABLE",
    message: "The keys of the issuer own cannot be fetched.",
    metadata: { issuer: issuer.url },
  });
  expect(JSON.stringify(refused)).not.toContain("/missing/token");
  expect(kept.lines).toContainEqual({
    level: "warn",
    message: "The keys of an issuer cannot be fetched",
    issuer: "own",
    error: expect.stringContaining("/missing/token"),
  });
});

it("finds the keys of an issuer again that has moved them", async () => {
  const { issuer, identities } = await setUp();
  await identities.exchange(await (await issuer.rotate("ES256"))({}));
  const sign = await issuer.rotate("ES256");
  const moved = { issuer: issuer.url, jwks_uri: `${issuer.url}/moved` };
  issuer.answer("/keys", 404, "");
  issuer.answer("/.well-known/openid-configuration", 200, JSON.stringify(moved));
  issuer.answer("/moved", 200, JSON.stringify({ keys: issuer.keys }));
  // An unknown key id is looked for again after 30 s.
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 60_000 });
  onTestFinished(() => void vi.useRealTimers());
  expect((await identities.exchange(await sign({}))).principal).toBe("oidc:apps:app");
});

it("needs the id of the key when the issuer has several", async () => {
  const { issuer, identities } = await setUp();
  await issuer.rotate("ES256");
  const [former] = issuer.keys;
  const sign = await issuer.rotate("ES256");
  issuer.keys.push(former!);
  expect((await identities.exchange(await sign({}))).principal).toBe("oidc:apps:app");
  const nameless = await sign({}, { kid: undefined });
  expect(await identities.exchange(nameless).catch(readTypedError)).toMatchObject({
    reason: "ID_TOKEN_KEY_UNKNOWN",
    message: "The ID token does not name which key of the issuer own signed it.",
  });
});

it("limits a token to a build, once", async () => {
  const { issuer, identities } = await setUp();
  const { token } = await identities.exchange(await (await issuer.rotate("ES256"))({}));
  const limited = identities.limit(token, "b1");
  expect(limited.lifetimeS).toBe(86_400);
  const later = new Date(Date.now() + 3_601_000);
  expect(await reasonOf((async () => identities.authenticate(token, later))())).toBe("TOKEN_EXPIRED");
  expect(identities.authenticate(limited.token, later)).toMatchObject({ id: "oidc:apps:app", build: "b1" });
  expect(await reasonOf((async () => identities.limit(limited.token, "b1"))())).toBe("TOKEN_WRONG");
});

it("takes access away when the rule changes or the file goes", async () => {
  const { issuer, file, write, identities } = await setUp();
  const sign = await issuer.rotate("ES256");
  const credentials = await Credentials.open(undefined, log, identities);
  const { token, principal } = await identities.exchange(await sign({}));
  const shown = () => {
    try {
      return credentials.authenticate({ token }).role;
    } catch (error) {
      return readTypedError(error).reason;
    }
  };
  expect(shown()).toBe("builder");
  expect(credentials.now(principal).role).toBe("builder");
  await write(textFor(issuer.url, "app", "viewer"));
  await vi.waitFor(() => expect(shown()).toBe("viewer"), 60_000);
  await write(textFor(issuer.url, "other"));
  await vi.waitFor(() => expect(shown()).toBe("IDENTITY_UNBOUND"), 60_000);
  expect(credentials.now(principal).role).toBeUndefined();
  await write(textFor(issuer.url));
  await vi.waitFor(() => expect(shown()).toBe("builder"), 60_000);
  await rm(file);
  await vi.waitFor(() => expect(shown()).toBe("IDENTITY_UNBOUND"), 60_000);
  expect(credentials.now(principal).role).toBeUndefined();
});

it("a token of somebody in many groups has those that its rule matches", async () => {
  const { issuer, write, open } = await setUp();
  const text = textFor(issuer.url).replace('sub = "app"', 'groups = "developers-*", sub = "ann"');
  await write(text);
  const identities = await open();
  const sign = await issuer.rotate("ES256");
  const groups = Array.from({ length: 400 }, (_, index) => `another-team-${index}`);
  const issued = await identities.exchange(
    await sign({ sub: "ann", groups: [...groups, "developers-a", "developers-b"] }),
  );
  expect(issued.token.length).toBeLessThan(500);
  expect(identities.authenticate(issued.token)).toMatchObject({ id: "oidc:apps:ann", role: "builder" });
  const reason = () => reasonOf((async () => identities.authenticate(issued.token))());
  // A rule for one of the others needs a new token.
  await write(text.replace("developers-*", "another-team-1"));
  await vi.waitFor(async () => expect(await reason()).toBe("IDENTITY_UNBOUND"), 60_000);
  await write(text.replace("developers-*", "developers-b"));
  await vi.waitFor(async () => expect(await reason()).toBeUndefined(), 60_000);
  const many = groups.map((group) => `developers-${group}`);
  expect(await reasonOf(identities.exchange(await sign({ sub: "ann", groups: many })))).toBe(
    "IDENTITY_UNBOUND",
  );
  await write(text);
  await vi.waitFor(
    async () =>
      expect(await reasonOf(identities.exchange(await sign({ sub: "ann", groups: many })))).toBe(
        "ID_TOKEN_CLAIMS_TOO_LARGE",
      ),
    60_000,
  );
});

it("needs a key", async () => {
  const { file } = await setUp();
  expect(await reasonOf(Identities.open({ file, keys: [] }, log))).toBe("ISSUERS_WITHOUT_KEY");
});

it.each([
  { event_name: "pull_request" },
  { event_name: "pull_request_target", ref: "refs/heads/main" },
  { event_name: "push", ref: "refs/pull/7/merge" },
])("a pull request with %j gets a token by a rule for untrusted builds only", async (claims) => {
  const { issuer, write, open } = await setUp();
  const rule = (name: string, more: string) => `
[[bind]]
name = "${name}"
issuer = "hub"
claims = { repository_id = "42" }
projects = { shop = "builder" }
${more}`;
  const hub = `
[[issuer]]
name = "hub"
preset = "github"
url = "${issuer.url}"
audience = "slipway"
`;
  await write(`${hub}${rule("main", "")}`);
  const sign = await issuer.rotate("ES256");
  const ofJob = (more: object) => sign({ repository_id: "42", ...more });
  const alone = await open();
  const push = await ofJob({ event_name: "push", ref: "refs/heads/main" });
  expect((await alone.exchange(push)).principal).toBe("oidc:main:42");
  expect(await reasonOf(alone.exchange(await ofJob(claims)))).toBe("IDENTITY_UNBOUND");

  await write(`${hub}${rule("main", "")}${rule("forks", 'trust = "untrusted"')}`);
  const both = await open();
  const { token, principal } = await both.exchange(await ofJob(claims));
  expect(principal).toBe("oidc:forks:42");
  expect(both.authenticate(token)).toMatchObject({ id: principal, isUntrusted: true });
  expect(both.now(principal).isUntrusted).toBe(true);
  expect(both.authenticate((await both.exchange(push)).token).isUntrusted).toBeUndefined();

  // The rule is for trusted builds now: the token of the pull request does not rise with it.
  await write(`${hub}${rule("forks", "")}`);
  const later = await open();
  expect(() => later.authenticate(token)).toThrow("does not give the token's bearer access any more");
  expect((await later.exchange(push)).principal).toBe("oidc:forks:42");
});
