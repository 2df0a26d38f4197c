import { once } from "node:events";
import { appendFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { CheckOutcome } from "../../src/gen/slipway/v1/host_pb.js";
import { hashToken, newToken, writeAccessFile } from "../../src/host/access/access-file.js";
import { nowhere } from "../builders/harness.js";
import { bundlePlugin, installBuildkitd, installOdd } from "../fixtures/plugins/install.js";
import { cli, startHost, type TestHost } from "../host/host.js";
import { freePort, makeTestTls, run, tempDir } from "../lab/index.js";
import { sign } from "../remote-driver/tls-proxy.js";

interface Result {
  Check: string;
  Outcome: string;
  Message: string;
  Remedy?: string;
  Reason?: string;
}

/** Runs `slipway doctor` as a user with a home of their own. */
async function doctor(home: string, env: Record<string, string> = {}, args: string[] = []) {
  const complete = {
    PATH: process.env.PATH,
    HOME: home,
    XDG_RUNTIME_DIR: home,
    // Node's cache of compiled code is not the doctor's.
    NODE_COMPILE_CACHE: await tempDir(),
    ...env,
  };
  const { stdout, stderr, code } = await run(process.execPath, [cli, "doctor", "--format", "json", ...args], {
    env: complete,
    timeout: 180_000,
  });
  expect(stderr).toBe("");
  const report = JSON.parse(stdout) as { Outcome: string; Results: Result[] };
  expect(code).toBe(report.Outcome === "problem" ? 1 : 0);
  const of = (check: string) => report.Results.filter(({ Check }) => Check === check);
  return { ...report, of, text: stdout };
}

/** Runs it as the user of a host. */
const doctorOf = (host: TestHost, env: Record<string, string> = {}, args: string[] = []) =>
  doctor(
    host.folder,
    { SLIPWAY_HOST: `unix://${host.socket}`, XDG_RUNTIME_DIR: join(host.folder, "run"), ...env },
    args,
  );

it("without a host, checks what it can, starts none and changes nothing", async () => {
  const home = await tempDir();
  const { Outcome, of } = await doctor(home);
  expect(Outcome).toBe("ok");
  expect(of("host-connection")).toMatchObject([
    { Outcome: "ok", Message: expect.stringContaining("No host runs") },
  ]);
  for (const check of ["host-version", "plugins", "builders"])
    expect(of(check)).toMatchObject([{ Outcome: "skipped" }]);
  for (const check of ["state-folder", "disk-space", "database", "plugin-files"])
    expect(of(check)).toMatchObject([{ Outcome: "ok" }]);
  expect(await readdir(home)).toEqual([]);
});

it("finds a host that was killed, its damaged database, and a changed plugin", async () => {
  const home = await tempDir();
  const env = { XDG_DATA_HOME: join(home, "data"), XDG_STATE_HOME: join(home, "state") };
  const source = await installBuildkitd(await tempDir());
  const host = await startHost({ folder: home, env });
  await host.plugins.installPlugin({ path: source });
  host.process.kill("SIGKILL");
  await host.ended;
  const stopped = { ...env, SLIPWAY_HOST: `unix://${host.socket}` };
  expect((await doctor(home, stopped)).of("socket")).toMatchObject([
    { Outcome: "warning", Message: expect.stringContaining("left over from a host that has ended") },
  ]);

  await appendFile(join(env.XDG_DATA_HOME, "slipway", "plugins", "buildkitd", "main.js"), "\n");
  const store = join(home, "state", "slipway", "store");
  await mkdir(store, { recursive: true });
  await writeFile(join(store, "data.mdb"), "x".repeat(9000));
  const { of } = await doctor(home, { ...env, XDG_RUNTIME_DIR: home });
  expect(of("plugin-files")).toMatchObject([
    { Outcome: "problem", Reason: "PLUGIN_CHECKSUM_MISMATCH", Message: expect.stringContaining("main.js") },
  ]);
  expect(of("database")).toMatchObject([{ Outcome: "problem", Reason: "STATE_CORRUPT" }]);
});

it("a host cannot open a damaged database, and says so", async () => {
  const folder = await tempDir();
  const host = await startHost({ folder });
  host.process.kill("SIGTERM");
  await host.ended;
  await writeFile(join(folder, "state", "store", "data.mdb"), "x".repeat(9000));
  await expect(startHost({ folder })).rejects.toThrow(
    /ERROR: The database .* cannot be opened: data\.mdb is not an LMDB file/,
  );
});

it("finds plugins that changed or do not start, builders that are down, and secrets without a key", async () => {
  const folder = await tempDir();
  const plugins = await tempDir();
  const bundle = join(await tempDir(), "odd.js");
  await bundlePlugin("odd", bundle);
  await installOdd(plugins, "demanding", bundle);
  const env = { XDG_DATA_HOME: join(folder, "data") };
  const host = await startHost({ folder, env, plugins: [plugins] });
  await host.plugins.installPlugin({ path: await installBuildkitd(await tempDir()) });
  await appendFile(join(env.XDG_DATA_HOME, "slipway", "plugins", "buildkitd", "main.js"), "\n");
  const tls = await makeTestTls(join(await tempDir(), "tls"));
  const options = { cacert: tls.ca, cert: tls.cert, key: tls.key };
  await host.builders.createBuilder({ name: "down", driver: "remote", node: { endpoint: nowhere, options } });

  const { of } = await doctorOf(host);
  expect(of("plugins").filter(({ Outcome }) => Outcome === "problem")).toMatchObject([
    {
      Message: expect.stringContaining("The plugin odd cannot be used"),
      Remedy: expect.stringContaining("slipway plugins restart odd"),
    },
  ]);
  expect(of("plugin-files")).toMatchObject([{ Outcome: "problem", Reason: "PLUGIN_CHECKSUM_MISMATCH" }]);
  expect(of("builders").filter(({ Message }) => Message.includes("down"))).toMatchObject([
    {
      Outcome: "problem",
      Reason: expect.stringMatching(/^[A-Z_]+$/),
      Message: expect.stringContaining("does not answer"),
    },
  ]);
  expect(of("stored-secrets")).toMatchObject([{ Outcome: "ok" }]);
  const text = (file: string) => readFile(file, "utf8");
  const secret = { "cert.pem": await text(tls.cert), "key.pem": await text(tls.key) };
  await host.builders.createBuilder({
    name: "clear",
    driver: "remote",
    node: { endpoint: nowhere, options: secret },
  });
  const again = await doctorOf(host);
  expect(again.of("stored-secrets")).toMatchObject([
    { Outcome: "warning", Reason: "STATE_NOT_ENCRYPTED", Message: expect.stringContaining("clear") },
  ]);
  expect(again.text).not.toContain("PRIVATE KEY");
});

it("a builder that never answers does not hold up the others", async () => {
  const silent = createServer(() => {}).listen(0, "127.0.0.1");
  await once(silent, "listening");
  onTestFinished(() => void silent.close());
  const { port } = silent.address() as { port: number };
  const host = await startHost();
  await host.builders.createBuilder({
    name: "silent",
    driver: "remote",
    node: { endpoint: `tcp://127.0.0.1:${port}` },
  });
  const { of } = await doctorOf(host, {}, ["--timeout", "10s"]);
  expect(of("builders").filter(({ Message }) => Message.includes("silent"))).toMatchObject([
    { Outcome: "problem" },
  ]);
  expect(of("plugins").every(({ Outcome }) => Outcome === "ok")).toBe(true);
  expect(of("state-folder")).toMatchObject([{ Outcome: "ok" }]);
});

it("finds certificates that have expired or soon will, from both sides", async () => {
  const tls = await makeTestTls(join(await tempDir(), "tls"));
  const day = (days: number) =>
    `${new Date(Date.now() + days * 86_400_000).toISOString().replace(/\D/g, "").slice(0, 14)}Z`;
  const names = "IP:127.0.0.1";
  const expired = await sign(tls, { names, from: day(-20), until: day(-1) });
  const soon = await sign(tls, { names, from: day(-2), until: day(10) });
  for (const [certificate, outcome] of [
    [expired, "problem"],
    [soon, "warning"],
  ] as const) {
    const port = await freePort();
    const address = `127.0.0.1:${port}`;
    const args = [
      "--tcp",
      address,
      "--tls-cert",
      certificate,
      "--tls-key",
      tls.serverKey,
      "--tls-client-ca",
      tls.ca,
    ];
    const host = await startHost({ args });
    const own = await doctorOf(host);
    expect(own.of("tls-certificate")).toMatchObject([
      { Outcome: outcome, Message: expect.stringContaining(certificate) },
    ]);
    expect(own.of("tls-key")).toMatchObject([{ Outcome: "ok" }]);
    const client = await doctor(await tempDir(), {
      SLIPWAY_HOST: `https://${address}`,
      SLIPWAY_CERT_PATH: tls.certPath,
    });
    expect(client.of("host-certificate")).toMatchObject([{ Outcome: outcome }]);
    expect(client.of("host-connection")).toMatchObject([
      { Outcome: outcome === "problem" ? "problem" : "ok" },
    ]);
    // Its own certificate is valid for 30 days.
    expect(client.of("client-files").map(({ Outcome }) => Outcome)).not.toContain("problem");
  }
});

it("on a remote host, shows what the caller's role may see", async () => {
  const folder = await tempDir();
  const file = join(folder, "access.toml");
  const roles = ["viewer", "admin"] as const;
  const tokens = roles.map((role) => ({ role, token: newToken() }));
  await writeAccessFile(file, {
    tokens: tokens.map(({ role, token }) => ({ name: role, role, hash: hashToken(token), groups: [] })),
    certificates: [],
  });
  const address = `127.0.0.1:${await freePort()}`;
  const host = await startHost({ args: ["--tcp", address, "--token-file", file] });
  await host.builders.createBuilder({ name: "shared", driver: "remote", node: { endpoint: nowhere } });
  const as = async (token: string) => {
    const tokenFile = join(await tempDir(), "token");
    await writeFile(tokenFile, token, { mode: 0o600 });
    return doctor(await tempDir(), { SLIPWAY_HOST: `http://${address}`, SLIPWAY_TOKEN_FILE: tokenFile });
  };
  const [viewer, admin] = await Promise.all(tokens.map(({ token }) => as(token)));
  expect(viewer!.of("host-state")).toMatchObject([
    { Outcome: "skipped", Message: expect.stringContaining("needs the role admin") },
  ]);
  for (const check of ["state-folder", "access-file"]) expect(viewer!.of(check)).toEqual([]);
  expect(viewer!.text).not.toContain(host.folder);
  expect(viewer!.of("builders").map(({ Message }) => Message)).toEqual(
    expect.arrayContaining([expect.stringContaining("shared")]),
  );
  expect(admin!.of("state-folder")).toMatchObject([{ Outcome: "ok" }]);
  expect(admin!.of("access-file")).toMatchObject([{ Outcome: "ok" }]);
  expect(admin!.of("plugin-files")).toMatchObject([{ Outcome: "skipped" }]);
  expect(viewer!.of("builder-access")).toEqual([]);
  expect(admin!.of("builder-access")).toMatchObject([
    { Outcome: "warning", Reason: "BUILDER_OPEN", Remedy: expect.stringContaining("slipway access shared") },
  ]);
  await host.builders.setBuilderAccess({ name: "shared", allowedPrincipals: ["group:team-a"] });
  const { results } = await host.host.diagnose({});
  expect(results.find(({ check }) => check === "builder-access")).toMatchObject({ outcome: CheckOutcome.OK });

  const wrong = await as(newToken());
  expect(wrong.of("host-connection")).toMatchObject([{ Outcome: "problem", Reason: "TOKEN_WRONG" }]);
  expect(wrong.of("builders")).toMatchObject([{ Outcome: "skipped" }]);
});

it("the report for people has a line for each result, and the exit code of a problem", async () => {
  const home = await tempDir();
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    XDG_RUNTIME_DIR: home,
    DOCKER_HOST: `unix://${home}/none.sock`,
  };
  const { stdout, code } = await run(process.execPath, [cli, "doctor"], { env });
  expect(stdout).toContain("\nDocker\n  ✗ The socket ");
  expect(stdout).toContain("      → Start the engine, or correct DOCKER_HOST.\n");
  expect(stdout).toMatch(/\n1 problem, 0 warnings\.\n$/);
  expect(code).toBe(1);
});
