import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { base64url, SignJWT } from "jose";
import { expect, it, onTestFinished, vi } from "vitest";
import { readTypedError } from "../../errors/typed-error.js";
import { createLog } from "../base/log.js";
import { Credentials } from "./credentials.js";
import { Identities } from "./identities.js";
import { startIssuer } from "./oidc-issuer.test-helper.js";

const log = createLog("error");
const keys = [randomBytes(32)];

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
  expect(issuer.fetches).toBe(1);
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
  expect(await refused("no token")).toBe("ID_TOKEN_INVALID");
  const [header, , signature] = (await sign({})).split(".");
  const [, stranger] = (await sign({ sub: "stranger" })).split(".");
  expect(await refused(`${header}.${stranger}.${signature}`)).toBe("ID_TOKEN_INVALID");
  const claims = { iss: issuer.url, aud: "slipway", sub: "app", exp: nowS() + 60 };
  const symmetric = new SignJWT(claims).setProtectedHeader({ alg: "HS256", kid: "key-1" });
  expect(await refused(symmetric.sign(randomBytes(32)))).toBe("ID_TOKEN_ALGORITHM_REFUSED");
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
  expect(issuer.fetches).toBe(1);
});

it("says when the keys of an issuer cannot be fetched", async () => {
  const { issuer, write, open } = await setUp();
  const sign = await issuer.rotate("ES256");
  await write(`${textFor(issuer.url).replace("audience", `keys_url = "${issuer.url}/none"\naudience`)}`);
  expect(await reasonOf((await open()).exchange(await sign({})))).toBe("ISSUER_UNAVAILABLE");
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
  await write(textFor(issuer.url));
  await vi.waitFor(() => expect(shown()).toBe("builder"), 60_000);
  await rm(file);
  await vi.waitFor(() => expect(shown()).toBe("IDENTITY_UNBOUND"), 60_000);
  expect(credentials.now(principal).role).toBeUndefined();
});

it("needs a key", async () => {
  const { file } = await setUp();
  expect(await reasonOf(Identities.open({ file, keys: [] }, log))).toBe("ISSUERS_WITHOUT_KEY");
});
