import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { dockerConfigDir, readDockerConfig } from "./docker-config.js";
import { dockerCredentials } from "./docker-credentials.js";
import { proxyBuildArgs } from "./docker-proxies.js";

const root = mkdtempSync(join(tmpdir(), "slipway-docker-config-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const basic = (text: string) => Buffer.from(text).toString("base64");
const { signal } = new AbortController();

async function read(config: unknown, env: NodeJS.ProcessEnv = {}) {
  const dir = mkdtempSync(join(root, "c-"));
  writeFileSync(join(dir, "config.json"), typeof config === "string" ? config : JSON.stringify(config));
  return readDockerConfig(dir, env);
}

test("the folder is DOCKER_CONFIG, or .docker at home", () => {
  expect(dockerConfigDir({ DOCKER_CONFIG: "/x" })).toBe("/x");
  expect(dockerConfigDir({})).toMatch(/\/\.docker$/);
});

test("no file, or an empty one, is an empty configuration", async () => {
  for (const config of [await readDockerConfig(join(root, "none"), {}), await read("")])
    expect(config).toMatchObject({
      auths: new Map(),
      credHelpers: new Map(),
      credsStore: undefined,
      proxies: {},
    });
});

test("auths are found under every spelling of the registry", async () => {
  const config = await read({
    auths: {
      "https://index.docker.io/v1/": { auth: basic("hub:pw:with:colons") },
      "http://legacy.example.com:5000/v2/": { auth: basic("old:pw") },
      "Registry.example.com": { username: "plain", password: "text" },
      "token.example.com": { auth: basic("me:x"), identitytoken: "refresh" },
      "bearer.example.com": { registrytoken: "ready" },
      "empty.example.com": {},
    },
  });
  const find = dockerCredentials(config);
  expect(await find("registry-1.docker.io", signal)).toEqual({ username: "hub", secret: "pw:with:colons" });
  expect(await find("legacy.example.com:5000", signal)).toEqual({ username: "old", secret: "pw" });
  expect(await find("registry.example.com", signal)).toEqual({ username: "plain", secret: "text" });
  expect(await find("token.example.com", signal)).toEqual({ username: "", secret: "refresh" });
  expect(await find("bearer.example.com", signal)).toMatchObject({ registryToken: "ready" });
  expect(await find("empty.example.com", signal)).toBeUndefined();
  expect(await find("legacy.example.com", signal)).toBeUndefined();
  expect(await find("registry.example.com.evil.test", signal)).toBeUndefined();
});

test("DOCKER_AUTH_CONFIG wins over the file and helpers", async () => {
  const env = { DOCKER_AUTH_CONFIG: JSON.stringify({ auths: { "r.test": { auth: basic("env:e") } } }) };
  const config = await read(
    { auths: { "r.test": { auth: basic("file:f") } }, credsStore: "not-installed" },
    env,
  );
  expect(await dockerCredentials(config)("r.test", signal)).toEqual({ username: "env", secret: "e" });
});

test.each([
  ['{"auths": {"r.test": {"auth": "hunter2', "not JSON"],
  ["[]", "not a JSON object"],
  ["null", "not a JSON object"],
  [{ auths: ["hunter2"] }, "auths is not a JSON object"],
  [{ auths: { "r.test": { auth: basic("hunter2") } } }, "r.test"],
  [{ auths: { "r.test": { auth: "hunter2:plain" } } }, "r.test"],
])("the fault of a broken file names the file and hides its content (%#)", async (config, message) => {
  const { faults, auths } = await read(config);
  expect(faults).toMatchObject([
    { reason: "DOCKER_CONFIG_INVALID", message: expect.stringContaining(message) },
  ]);
  expect(faults[0]?.message).toContain("config.json");
  expect(faults[0]?.message).not.toContain("hunter2");
  expect(auths.size).toBe(0);
});

test("entries that can be read are used beside broken ones", async () => {
  const config = await read(
    { auths: { "bad.test": { auth: "?" }, "r.test": { auth: basic("me:pw") } }, credHelpers: [], proxies: 1 },
    { DOCKER_AUTH_CONFIG: "{" },
  );
  expect(await dockerCredentials(config)("r.test", signal)).toEqual({ username: "me", secret: "pw" });
  expect(config.faults.map(({ field }) => field.replace(/.*\//, ""))).toEqual([
    "DOCKER_AUTH_CONFIG",
    "config.json",
    "config.json",
    "config.json",
  ]);
  expect((await read("  \n")).faults).toEqual([]);
});

test("proxies become build arguments in both spellings", async () => {
  const { proxies } = await read({
    proxies: {
      default: { httpProxy: "http://p:3128", noProxy: "localhost" },
      "tcp://other:2375": { allProxy: "socks5://q" },
    },
  });
  expect([...proxyBuildArgs(proxies, "unix:///var/run/docker.sock", new Set(["no_proxy"]))]).toEqual([
    ["HTTP_PROXY", "http://p:3128"],
    ["http_proxy", "http://p:3128"],
    ["NO_PROXY", "localhost"],
  ]);
  expect([...proxyBuildArgs(proxies, "tcp://other:2375", new Set()).keys()]).toEqual([
    "ALL_PROXY",
    "all_proxy",
  ]);
  expect(proxyBuildArgs({}, "x", new Set()).size).toBe(0);
});

test("reads a password of zero bytes in linear time", async () => {
  const zeros = "\0".repeat(500_000);
  const { auths } = await read({ auths: { "r.test": { auth: basic(`u:${zeros}a${zeros}b${zeros}`) } } });
  expect(auths.get("r.test")?.secret).toBe(`a${zeros}b`);
});
