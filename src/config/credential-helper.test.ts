import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, afterEach, beforeEach, expect, test, vi } from "vitest";
import { askCredentialHelper } from "./credential-helper.js";
import { readDockerConfig } from "./docker-config.js";
import { dockerCredentials } from "./docker-credentials.js";

const bin = mkdtempSync(join(tmpdir(), "slipway-helper-"));
const { signal } = new AbortController();

beforeEach(() => {
  vi.stubEnv("PATH", `${bin}:${process.env.PATH}`);
});
afterEach(() => vi.unstubAllEnvs());
afterAll(() => rmSync(bin, { recursive: true, force: true }));

function helper(name: string, script: string): string {
  writeFileSync(join(bin, `docker-credential-${name}`), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return name;
}

test("the server is written to stdin and the answer read from stdout", async () => {
  helper(
    "ok",
    `[ "$1" = get ] || exit 9\nread -r server || true\nprintf '{"Username":"u","Secret":"for %s"}' "$server"`,
  );
  expect(await askCredentialHelper("ok", "r.test:5000")).toEqual({
    username: "u",
    secret: "for r.test:5000",
  });
});

test("an identity token has no user name", async () => {
  helper("idtoken", `echo '{"Username":"<token>","Secret":"t"}'`);
  expect(await askCredentialHelper("idtoken", "r.test")).toEqual({ username: "", secret: "t" });
});

test("a helper without a credential gives undefined", async () => {
  helper("none", `echo 'credentials not found in native keychain'; exit 1`);
  expect(await askCredentialHelper("none", "r.test")).toBeUndefined();
});

test.each([
  ["broken", `echo 'keychain is locked'; exit 1`, "keychain is locked"],
  ["silent", "exit 3", "ended with 3"],
  ["crashed", "echo no display >&2; exit 1", "no display"],
  ["garbage", "echo hello", "not JSON"],
  ["null", "echo null", "no Username"],
  ["partial", `echo '{"Username":"u"}'`, "no Username and Secret"],
])("a helper that fails is named with its reason (%s)", async (name, script, reason) => {
  await expect(askCredentialHelper(helper(name, script), "r.test")).rejects.toMatchObject({
    reason: "CREDENTIAL_HELPER_FAILED",
    message: expect.stringMatching(new RegExp(`docker-credential-${name}.*${reason}`)),
  });
});

test("a missing helper and an impossible name are refused", async () => {
  await expect(askCredentialHelper("not-there", "r")).rejects.toThrow(
    /docker-credential-not-there.*not in the PATH of the Slipway host/,
  );
  for (const name of ["../../bin/sh", "a b", "", "-x", "a;b"])
    await expect(askCredentialHelper(name, "r")).rejects.toThrow(/not a plain program name/);
});

test("a helper runs in the given environment, and is found in its absolute PATH only", async () => {
  const own = mkdtempSync(join(bin, "own-"));
  const script = `#!/bin/sh\nprintf '{"Username":"%s","Secret":"%s"}' "$WHO" "\${HOST_ONLY-unset}"\n`;
  writeFileSync(join(own, "docker-credential-own"), script, { mode: 0o755 });
  vi.stubEnv("HOST_ONLY", "x");
  const env = { PATH: own, WHO: "me" };
  expect(await askCredentialHelper("own", "r", { env })).toEqual({ username: "me", secret: "unset" });
  for (const PATH of ["/missing", "", relative(process.cwd(), own)])
    await expect(askCredentialHelper("own", "r", { env: { ...env, PATH } })).rejects.toThrow(
      "it is not in the PATH of the client",
    );
});

test("a helper that hangs is killed", async () => {
  const pid = join(bin, "pid");
  helper("hang", `echo $$ > ${pid}\nexec sleep 60`);
  await expect(askCredentialHelper("hang", "r", { timeout: 3_000 })).rejects.toThrow(/did not answer in 3 s/);
  expect(existsSync(`/proc/${readFileSync(pid, "utf8").trim()}`)).toBe(false);

  const controller = new AbortController();
  const asked = askCredentialHelper("hang", "r", { signal: controller.signal });
  setTimeout(() => controller.abort(), 50);
  await expect(asked).rejects.toMatchObject({ name: "AbortError" });
});

test("docker's configuration chooses the helper, asks it once and retries failures", async () => {
  const calls = join(bin, "calls");
  helper("store", `cat >> ${calls}; echo >> ${calls}; echo '{"Username":"store","Secret":"s"}'`);
  helper("special", `echo '{"Username":"special","Secret":"s"}'`);
  helper("flaky", `[ -e ${bin}/fixed ] || exit 1; echo '{"Username":"flaky","Secret":"s"}'`);
  const dir = mkdtempSync(join(bin, "config-"));
  const content = {
    credsStore: "store",
    credHelpers: { "https://special.test": "special", "flaky.test": "flaky" },
  };
  writeFileSync(join(dir, "config.json"), JSON.stringify(content));
  const find = dockerCredentials(await readDockerConfig(dir, { PATH: process.env.PATH }));

  const hub = await Promise.all([find("registry-1.docker.io", signal), find("docker.io", signal)]);
  expect(hub.map((credential) => credential?.username)).toEqual(["store", "store"]);
  expect(readFileSync(calls, "utf8")).toBe("https://index.docker.io/v1/\n");
  expect(await find("special.test", signal)).toMatchObject({ username: "special" });

  await expect(find("flaky.test", signal)).rejects.toMatchObject({ reason: "CREDENTIAL_HELPER_FAILED" });
  writeFileSync(join(bin, "fixed"), "");
  expect(await find("flaky.test", signal)).toMatchObject({ username: "flaky" });
});
