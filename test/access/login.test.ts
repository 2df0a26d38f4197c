import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chmod, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import type { Logins } from "../../src/cli/login/logins.js";
import { cli, startHost } from "../host/host.js";
import { freePort, lab, run, tempDir } from "../lab/index.js";
import { type DeviceIssuer, startDeviceIssuer } from "./device-issuer.js";

/** A host on TCP, and a user of another machine. */
async function setUp(issuers: string, variables: Record<string, string> = {}) {
  const folder = await tempDir();
  const file = join(folder, "issuers.toml");
  await writeFile(file, issuers, { mode: 0o600 });
  const key = join(folder, "key");
  await writeFile(key, randomBytes(32).toString("base64"), { mode: 0o600 });
  const port = await freePort();
  const args = ["--tcp", `127.0.0.1:${port}`, "--issuers-file", file, "--state-key-file", key];
  const host = await startHost({ args });
  const url = `http://127.0.0.1:${port}`;
  const home = await tempDir();
  const env = { PATH: process.env.PATH, HOME: home, SLIPWAY_HOST: url, ...variables };
  const kept = join(home, ".local/state/slipway/logins.json");
  return {
    host,
    url,
    env,
    kept,
    slipway: (...args: string[]) => run(process.execPath, [cli, ...args], { env, timeout: 60_000 }),
    /** Runs `slipway login` until it shows the page to open. */
    async login() {
      const child = spawn(process.execPath, [cli, "login"], { env, stdio: ["ignore", "pipe", "pipe"] });
      onTestFinished(() => void child.kill("SIGKILL"));
      let output = "";
      const shown = new Promise<string>((resolve) => {
        const add = (text: string) => {
          output += text;
          const [, page] = /or open (\S+)\n/.exec(output) ?? [];
          if (page) resolve(page);
        };
        child.stdout.setEncoding("utf8").on("data", add);
        child.stderr.setEncoding("utf8").on("data", add);
      });
      const ended = once(child, "close").then(([code]) => ({ code: code as number, output }));
      const early = ended.then(({ output }) => Promise.reject(new Error(output)));
      return { page: await Promise.race([shown, early]), ended };
    },
    read: async () => JSON.parse(await readFile(kept, "utf8")) as Logins,
    /** Changes the stored login: its token has expired, and it has the given values. */
    async expire(change: Partial<Logins[string]> = {}) {
      const logins = JSON.parse(await readFile(kept, "utf8")) as Logins;
      Object.assign(logins[url]!, { token: "expired", expires: new Date(0).toISOString() }, change);
      await writeFile(kept, JSON.stringify(logins), { mode: 0o600 });
    },
  };
}

const issuersFile = ({ url }: DeviceIssuer) => `[[issuer]]
name = "people"
url = "${url}"
audience = "slipway"
login = {}

[[bind]]
name = "people"
issuer = "people"
claims = { sub = "ann" }
role = "builder"
`;

it("a person logs in, works, and logs out", async () => {
  const issuer = await startDeviceIssuer();
  const { url, kept, host, slipway, login, read, expire } = await setUp(issuersFile(issuer));
  expect(await slipway("builds", "ls")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("slipway login"),
  });
  const { page, ended } = await login();
  await issuer.approve(page, "ann");
  const { code, output } = await ended;
  expect([code, output]).toEqual([0, expect.stringContaining(`Logged in to ${url} as oidc:people:ann.\n`)]);
  expect(output).toContain(`Logging in to ${url} with ${issuer.url}.\n`);
  expect((await stat(kept)).mode & 0o777).toBe(0o600);
  expect(await slipway("builds", "ls")).toMatchObject({ code: 0, stderr: "" });

  // The issuer revokes the login when a refresh token is used twice.
  const { refreshToken } = (await read())[url]!;
  await expire();
  const both = await Promise.all([slipway("builds", "ls"), slipway("builds", "ls")]);
  expect(both.map(({ code, stderr }) => [code, stderr])).toEqual(Array(2).fill([0, ""]));
  const renewed = (await read())[url]!;
  expect(renewed.refreshToken).not.toBe(refreshToken);
  expect(await slipway("builds", "ls")).toMatchObject({ code: 0 });
  for (const secret of [renewed.token, renewed.refreshToken!, refreshToken!])
    expect(output + host.log()).not.toContain(secret);

  expect(issuer.revoked).toEqual([]);
  expect(await slipway("logout")).toMatchObject({ code: 0, stdout: `Logged out of ${url}.\n`, stderr: "" });
  expect(issuer.revoked).toHaveLength(1);
  expect(await read()).toEqual({});
  expect(await slipway("builds", "ls")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("slipway login"),
  });
  expect(await slipway("logout")).toMatchObject({ code: 0, stdout: `There is no login to ${url}.\n` });
});

it("a login that cannot be renewed fails with an error that says what to do, and can be deleted", async () => {
  const issuer = await startDeviceIssuer();
  const { url, slipway, login, read, expire } = await setUp(issuersFile(issuer));
  const { page, ended } = await login();
  await issuer.approve(page, "ann");
  expect((await ended).code).toBe(0);
  const { refreshToken, token } = (await read())[url]!;
  // In its last minute a token is renewed, and used when that fails.
  const soon = new Date(Date.now() + 50_000).toISOString();
  await expire({ issuer: "http://127.0.0.1:1", token, expires: soon });
  expect(await slipway("builds", "ls")).toMatchObject({ code: 0, stderr: "" });
  await expire({ issuer: "http://127.0.0.1:1" });
  expect((await slipway("builds", "ls")).stderr).toMatch(
    /^ERROR: The issuer http:\/\/127\.0\.0\.1:1 cannot be asked/,
  );
  await expire({ issuer: issuer.url, refreshToken: "wrong" });
  const expired = `ERROR: The login to ${url} has expired.\nHINT: Log in again: slipway login ${url}\n`;
  expect(await slipway("builds", "ls")).toMatchObject({ code: 1, stderr: expired });
  expect((await read())[url]!.refreshToken).toBeUndefined();
  expect(await slipway("builds", "ls")).toMatchObject({ code: 1, stderr: expired });
  // The issuer cannot be reached; the login is deleted nevertheless.
  await expire({ issuer: "http://127.0.0.1:1", refreshToken });
  expect(await slipway("logout")).toMatchObject({
    code: 0,
    stdout: `Logged out of ${url}.\n`,
    stderr: expect.stringMatching(/^The login was deleted, but not revoked: /),
  });
  expect(await read()).toEqual({});
});

it("a login that is denied, not approved in time, or not bound by a rule is not stored", async () => {
  const { ca, serverCert, serverKey } = lab().engine29.tcp.tls;
  const tls = { cert: await readFile(serverCert, "utf8"), key: await readFile(serverKey, "utf8") };
  const issuer = await startDeviceIssuer();
  const hasty = await startDeviceIssuer({ codeLifetimeS: 2, tls });
  const usual = await setUp(issuersFile(issuer));
  const late = await setUp(issuersFile(hasty), { SSL_CERT_FILE: ca });
  const forgotten = await late.login();
  expect(forgotten.page).toMatch(/^https:/);
  const denied = await usual.login();
  await issuer.deny(denied.page);
  expect(await denied.ended).toMatchObject({
    code: 1,
    output: expect.stringContaining("ERROR: The login was denied in the browser.\n"),
  });
  const stranger = await usual.login();
  await issuer.approve(stranger.page, "bob");
  expect(await stranger.ended).toMatchObject({
    code: 1,
    output: expect.stringContaining('ERROR: No rule of the host binds "bob"'),
  });
  expect(issuer.revoked).toHaveLength(1);
  expect(await forgotten.ended).toMatchObject({
    code: 1,
    output: expect.stringContaining("ERROR: Nobody entered the code in time.\n"),
  });
  for (const { kept } of [usual, late]) await expect(stat(kept)).rejects.toThrow("ENOENT");
});

it("a login that cannot be kept is revoked", async () => {
  const issuer = await startDeviceIssuer();
  const { kept, login } = await setUp(issuersFile(issuer));
  const { page, ended } = await login();
  // Somebody makes it readable for others meanwhile.
  await writeFile(kept, "{}");
  await chmod(kept, 0o644);
  await issuer.approve(page, "ann");
  expect(await ended).toMatchObject({
    code: 1,
    output: expect.stringContaining(`ERROR: Others can reach the logins in ${kept}: its mode is 0644.`),
  });
  expect(issuer.revoked).toHaveLength(1);
  expect(await readFile(kept, "utf8")).toBe("{}");
});

it("refuses a host without a login, and addresses that do not name a host on TCP", async () => {
  const { slipway } = await setUp("");
  expect(await slipway("login")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("ERROR: People cannot log in to this host.\n"),
  });
  for (const [address, why] of [
    ["unix:///run/slipway.sock", "A host on a unix socket needs no login."],
    ["https://host/path", 'The host\'s address "https://host/path" has more than a host and a port.'],
    ["https://ann:secret@host", 'The host\'s address "https://…@host" contains a login'],
    ["http://host.example", "A token is not sent to http://host.example in clear text."],
    ["host", 'The host\'s address "host" is not a URL.'],
  ] as const)
    for (const command of ["login", "logout"])
      expect(await slipway(command, address)).toMatchObject({
        code: 1,
        stderr: expect.stringContaining(`ERROR: ${why}`),
      });
});
