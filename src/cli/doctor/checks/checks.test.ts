import { createHash } from "node:crypto";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { runCheck } from "../../../host/diagnosis/run-check.js";
import { checkTokenFile } from "./client-files.js";
import { checkDockerConfig } from "./docker-config.js";
import { checkDockerSelection } from "./docker-selection.js";
import { compareVersions } from "./host-version.js";
import { checkNodeVersion } from "./node-version.js";
import { checkProxies } from "./proxies.js";
import { checkSocket } from "./socket.js";
import { checkXdgFolders } from "./xdg-folders.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "slipway-doctor-"));
  return () => rm(folder, { recursive: true });
});

/** Outcomes and messages of findings. */
const brief = (found: { outcome: string; message: string }[]) =>
  found.map(({ outcome, message }) => `${outcome}: ${message.replaceAll(folder, "~")}`);

it.each([
  ["18.20.4", "problem"],
  ["20.18.9", "problem"],
  ["20.19.0", "ok"],
  ["22.0.0", "ok"],
])("Node.js %s is %s", (version, outcome) => {
  expect(checkNodeVersion(version)).toMatchObject({ outcome });
});

it("a host of another version is a warning", () => {
  expect(compareVersions("1.0.0", true, "1.0.0")).toMatchObject({ outcome: "ok" });
  expect(compareVersions("0.9.0", true, "1.0.0")).toMatchObject({
    outcome: "warning",
    message: "The command line has version 1.0.0, and the host has version 0.9.0.",
  });
});

describe("the socket", () => {
  const path = () => join(folder, "slipway.sock");

  it("is safe, whether a process listens on it or not", async () => {
    expect(await checkSocket(path())).toMatchObject({ outcome: "ok", message: /there is no socket/ });
    const server = createServer().listen(path());
    await once(server, "listening");
    expect(await checkSocket(path())).toMatchObject({ outcome: "ok", message: /a process listens/ });
    await new Promise((resolve) => server.close(resolve));
    expect(await checkSocket(join(folder, "none", "slipway.sock"))).toMatchObject({ outcome: "ok" });
  });

  it("is left over from a host that was killed", async () => {
    // A server that is closed removes its socket; one that is killed does not.
    const { execFile } = await import("node:child_process");
    const code = `require("net").createServer().listen(${JSON.stringify(path())}, () => process.kill(process.pid, 9))`;
    await once(execFile(process.execPath, ["-e", code]), "exit");
    expect(await checkSocket(path())).toMatchObject({
      outcome: "warning",
      message: `The socket ${path()} is left over from a host that has ended.`,
      remedy: expect.stringContaining("slipway ls"),
    });
  });

  it("is a file that is not a socket, or has a path that is too long", async () => {
    await writeFile(path(), "");
    expect(await checkSocket(path())).toMatchObject({ outcome: "problem", message: /is not a socket/ });
    const long = join(folder, "x".repeat(100));
    expect(await checkSocket(long)).toMatchObject({ outcome: "problem", message: /more than \d+ bytes/ });
  });

  it.each([0o755, 0o770, 0o777])("is in a folder with mode %o", async (mode) => {
    await chmod(folder, mode);
    const found = await runCheck({ id: "socket", run: () => checkSocket(path()) }, 1000);
    expect(found).toMatchObject([
      { outcome: "problem", remedy: expect.stringMatching(/^Run: chmod (700|go-w) /) },
    ]);
  });
});

it("folders: a foreign runtime folder, relative paths and a missing home are reported", async () => {
  const uid = process.getuid?.() ?? 0;
  const home = { HOME: folder };
  expect(brief(await checkXdgFolders({ ...home, XDG_RUNTIME_DIR: folder }))).toEqual([
    "ok: The folders for sockets, state, configuration and data can be used.",
  ]);
  expect(brief(await checkXdgFolders({ ...home, XDG_RUNTIME_DIR: folder }, uid + 1))).toEqual([
    `problem: XDG_RUNTIME_DIR is ~, which belongs to user ${uid}. Commands such as su keep the variable.`,
  ]);
  expect(brief(await checkXdgFolders({ ...home, TMPDIR: folder }, 54_321))).toEqual([
    "warning: XDG_RUNTIME_DIR is not set, so the host's socket is in ~/slipway-54321.",
  ]);
  const relative = { XDG_RUNTIME_DIR: "run", XDG_STATE_HOME: "state", SLIPWAY_PLUGIN_PATH: "/a:b" };
  expect(brief(await checkXdgFolders({ ...home, ...relative }))).toEqual([
    "problem: XDG_RUNTIME_DIR is run, a relative path: each working directory has another host.",
    "problem: XDG_STATE_HOME is state, a relative path.",
    "warning: SLIPWAY_PLUGIN_PATH has relative paths, which are ignored: b.",
  ]);
  const gone = join(folder, "gone");
  expect(brief(await checkXdgFolders({ HOME: gone, XDG_RUNTIME_DIR: gone, XDG_DATA_HOME: gone }))).toEqual([
    "warning: XDG_RUNTIME_DIR is ~/gone, which does not exist or is not a folder.",
    "problem: HOME is ~/gone, which does not exist.",
  ]);
});

it("proxies: contradictions and malformed values are warnings, and no value is shown", () => {
  expect(checkProxies({ HTTP_PROXY: "http://proxy:3128", http_proxy: "http://proxy:3128" })).toMatchObject([
    { outcome: "ok" },
  ]);
  const found = checkProxies({
    HTTP_PROXY: "http://user:hunter2@one",
    http_proxy: "http://two",
    https_proxy: "proxy:3128",
    NO_PROXY: "localhost",
  });
  expect(brief(found)).toEqual([
    "warning: HTTP_PROXY and http_proxy differ; programs choose one or the other.",
    "warning: HTTPS_PROXY is not the URL of a proxy.",
  ]);
  expect(JSON.stringify(found)).not.toContain("hunter2");
});

describe("docker's configuration", () => {
  const env = (more: NodeJS.ProcessEnv = {}) => ({
    DOCKER_CONFIG: folder,
    PATH: join(folder, "bin"),
    ...more,
  });
  const write = async (config: object, mode = 0o600) => {
    const file = join(folder, "config.json");
    await writeFile(file, JSON.stringify(config));
    await chmod(file, mode);
  };

  it("names credential helpers, of which one is missing and one cannot be run", async () => {
    await mkdir(join(folder, "bin"));
    await writeFile(join(folder, "bin", "docker-credential-there"), "", { mode: 0o755 });
    await writeFile(join(folder, "bin", "docker-credential-plain"), "", { mode: 0o644 });
    await write({ credsStore: "there", credHelpers: { "a.example": "gone", "b.example": "plain" } });
    expect(await checkDockerConfig(env())).toMatchObject([
      {
        outcome: "problem",
        message: /docker-credential-gone of .* is not in PATH/,
        reason: "CREDENTIAL_HELPER_FAILED",
      },
      { outcome: "problem", message: /docker-credential-plain of .* is not in PATH/ },
    ]);
    await write({ credsStore: "there" });
    expect(await checkDockerConfig(env())).toMatchObject([{ outcome: "ok" }]);
  });

  it("has logins that others can read, or is not JSON", async () => {
    const auths = { "a.example": { auth: Buffer.from("user:hunter2").toString("base64") } };
    await write({ auths }, 0o644);
    const found = await checkDockerConfig(env());
    expect(found).toMatchObject([
      { outcome: "warning", remedy: `Run: chmod 600 ${join(folder, "config.json")}` },
    ]);
    await write({ auths });
    expect(await checkDockerConfig(env())).toMatchObject([{ outcome: "ok" }]);
    await writeFile(join(folder, "config.json"), "{");
    expect(await runCheck({ id: "docker-config", run: () => checkDockerConfig(env()) }, 1000)).toMatchObject([
      { outcome: "problem", message: /it is not JSON/ },
    ]);
  });

  it("and the environment select engines that contradict each other or do not exist", async () => {
    expect(await checkDockerSelection(env())).toMatchObject([{ outcome: "ok" }]);
    await write({ currentContext: "far" });
    expect(brief(await checkDockerSelection(env()))).toEqual([
      "problem: Docker's configuration selects the context far, which does not exist.",
    ]);
    const meta = join(folder, "contexts", "meta", createHash("sha256").update("far").digest("hex"));
    await mkdir(meta, { recursive: true });
    await writeFile(join(meta, "meta.json"), "{}");
    expect(await checkDockerSelection(env())).toMatchObject([{ outcome: "ok", message: /context far/ }]);
    expect(brief(await checkDockerSelection(env({ DOCKER_HOST: "tcp://10.0.0.1:2375" })))).toEqual([
      "warning: DOCKER_HOST is on the network without TLS: whoever can reach it is root there.",
      "warning: DOCKER_HOST is set, so the current context far has no effect.",
    ]);
    expect(brief(await checkDockerSelection(env({ DOCKER_HOST: `unix://${folder}/no.sock` })))[0]).toBe(
      "problem: The socket ~/no.sock of DOCKER_HOST does not exist.",
    );
    const tls = { DOCKER_HOST: "tcp://10.0.0.1:2376", DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: folder };
    expect(brief(await checkDockerSelection(env(tls)))[0]).toBe(
      "problem: DOCKER_TLS_VERIFY is set, but ~ lacks ca.pem, cert.pem, key.pem.",
    );
    expect(brief(await checkDockerSelection(env({ DOCKER_HOST: "localhost" })))[0]).toBe(
      "problem: DOCKER_HOST is not an address.",
    );
    expect(brief(await checkDockerSelection(env({ DOCKER_CONTEXT: "gone" })))[0]).toBe(
      "problem: DOCKER_CONTEXT selects the context gone, which does not exist.",
    );
  });
});

it("a token file that is missing, has more than a token, or is readable by others is reported", async () => {
  const file = join(folder, "token");
  expect(await checkTokenFile(file)).toMatchObject({ outcome: "problem" });
  await writeFile(file, "slipway_secret\n", { mode: 0o600 });
  expect(await checkTokenFile(file)).toMatchObject({ outcome: "ok" });
  await chmod(file, 0o644);
  expect(await checkTokenFile(file)).toMatchObject({ outcome: "warning", remedy: `Run: chmod 600 ${file}` });
  await writeFile(file, "two words");
  const found = await checkTokenFile(file);
  expect(found).toMatchObject({ outcome: "problem" });
  expect(found.message).not.toContain("two words");
});
