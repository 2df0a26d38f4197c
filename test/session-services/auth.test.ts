import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { auth } from "../../src/buildkit/auth/auth.js";
import { type CredentialProvider, givenCredentials } from "../../src/config/credential.js";
import { readDockerConfig } from "../../src/config/docker-config.js";
import { dockerCredentials } from "../../src/config/docker-credentials.js";
import { lab, type RunningRegistry, startRegistry, tempDir } from "../lab/index.js";
import { backends, runStep, solve } from "./solve.js";
import { guardWithTokens } from "./token-registry.js";

const right = { username: "ann", secret: "pa:ss wörd" };
const wrong = { username: "ann", secret: "wrong-password" };

async function dockerConfig(content: unknown): Promise<CredentialProvider> {
  const folder = await tempDir();
  await writeFile(join(folder, "config.json"), JSON.stringify(content));
  const env = { ...process.env, DOCKER_AUTH_CONFIG: undefined };
  return dockerCredentials(await readDockerConfig(folder, env));
}

/** Puts a credential helper into PATH until the test ends. */
async function installHelper(name: string, script: string): Promise<void> {
  const folder = await tempDir();
  const path = join(folder, `docker-credential-${name}`);
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  const before = process.env.PATH;
  process.env.PATH = `${folder}:${before}`;
  onTestFinished(() => {
    process.env.PATH = before;
  });
}

describe("a registry with user and password", () => {
  let registry: RunningRegistry;
  const image = () => `${registry.host}/private:1`;
  beforeAll(async () => {
    registry = await startRegistry({ username: right.username, password: right.secret });
    const [buildkitd] = backends;
    const push = (credential: typeof right) =>
      solve(buildkitd!.connect(), {
        dockerfile: runStep(buildkitd!.base(), "true"),
        methods: auth([givenCredentials([[registry.host, credential]])]),
        exporters: [{ type: "image", attrs: { name: image(), push: "true" } }],
      });
    expect((await push(wrong)).error?.rawMessage).toMatch(/push|unauthorized|401/i);
    expect((await push(right)).error).toBeUndefined();
  });
  afterAll(() => registry.stop());

  describe.each(backends)("$name", ({ connect }) => {
    const pull = (...providers: CredentialProvider[]) =>
      solve(connect(), { dockerfile: runStep(image(), "echo pulled"), methods: auth(providers) });

    test("uses auths, credsStore and credHelpers of Docker's configuration", async () => {
      const basic = Buffer.from(`${right.username}:${right.secret}`).toString("base64");
      const answer = JSON.stringify({ Username: right.username, Secret: right.secret });
      await installHelper("lab", `[ "$(cat)" = ${registry.host} ] && echo '${answer}'`);
      await installHelper("broken", "echo the keychain is locked; exit 1");
      for (const config of [
        { auths: { [`https://${registry.host}/v2/`]: { auth: basic } } },
        { credsStore: "lab" },
        { credsStore: "broken", credHelpers: { [registry.host]: "lab" } },
      ]) {
        const { error, log } = await pull(await dockerConfig(config));
        expect(error).toBeUndefined();
        expect(log).toMatch(/^pulled$/m);
      }
      const { error } = await pull(await dockerConfig({ credsStore: "broken" }));
      expect(error?.rawMessage).toMatch(/docker-credential-broken.*the keychain is locked/);
    });

    test("prefers credentials of the request", async () => {
      const inFile = await dockerConfig({ auths: { [registry.host]: { username: "ann", password: "old" } } });
      expect((await pull(givenCredentials([[registry.host, right]]), inFile)).error).toBeUndefined();
      expect((await pull(inFile, givenCredentials([[registry.host, right]]))).error).toBeDefined();
    });

    test("reports the registry's answer to wrong and missing credentials, without the password", async () => {
      for (const providers of [[givenCredentials([[registry.host, wrong]])], []]) {
        const { error } = await pull(...providers);
        expect(error?.rawMessage).toMatch(/401|unauthorized|authorization failed|no basic auth/i);
        expect(error?.rawMessage).not.toContain(wrong.secret);
      }
    });
  });
});

describe.each(backends)("a registry with a token server, from $name", ({ connect }) => {
  async function pull(host: string, credential: typeof right | undefined, env: NodeJS.ProcessEnv = {}) {
    const asked: string[] = [];
    const providers = credential ? [givenCredentials([[host, credential]])] : [];
    const methods = auth(providers, env).map((method) => ({
      ...method,
      handle: (call: Parameters<typeof method.handle>[0]) => {
        asked.push(method.path.split("/")[2]!);
        return method.handle(call);
      },
    }));
    const result = await solve(connect(), { dockerfile: runStep(`${host}/base:1`, "echo pulled"), methods });
    return { ...result, asked };
  }
  const guarded = () =>
    guardWithTokens(lab().registry.host, { username: right.username, password: right.secret });

  test("gives BuildKit a token and never the password", async () => {
    const { host, issued } = await guarded();
    const { error, log, asked } = await pull(host, right);
    expect(error).toBeUndefined();
    expect(log).toMatch(/^pulled$/m);
    expect(asked).toContain("FetchToken");
    expect(asked).not.toContain("Credentials");
    expect(issued[0]).toBe("ann repository:base:pull");

    // The next build proves that it has the same credential, and shares the token.
    const again = await pull(host, right);
    expect(again.error).toBeUndefined();
    expect(again.asked).toContain("VerifyTokenAuthority");
    expect(issued).toHaveLength(1);
  });

  test("does not share the token with a build that has a wrong password", async () => {
    const { host, issued } = await guarded();
    expect((await pull(host, right)).error).toBeUndefined();
    const { error } = await pull(host, wrong);
    expect(error?.rawMessage).toMatch(/401 Unauthorized for user ann: who are you\?/);
    expect(error?.rawMessage).not.toContain(wrong.secret);
    expect(issued).toHaveLength(1);
  });

  test("lets BuildKit call the token server without a credential, or if configured", async () => {
    const { host, issued } = await guarded();
    const none = await pull(host, undefined);
    expect(none.error?.rawMessage).toMatch(/anonymous token.*401/s);
    const configured = await pull(host, right, { BUILDKIT_NO_CLIENT_TOKEN: "1" });
    expect(configured.error).toBeUndefined();
    expect(configured.asked).toContain("Credentials");
    expect(configured.asked).not.toContain("FetchToken");
    expect(issued).toHaveLength(1);
  });
});
