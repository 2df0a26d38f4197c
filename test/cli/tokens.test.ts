import { once } from "node:events";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { BuildState } from "../../src/gen/slipway/v1/build_event_pb.js";
import { readAccessFile } from "../../src/host/access/access-file.js";
import { trySocketLock } from "../../src/host-address/host-process-lock.js";
import { createRemote } from "../builders/harness.js";
import { contextOf, watchToEnd } from "../host/build.js";
import { cli, startHost } from "../host/host.js";
import { freePort, run, tempDir, until } from "../lab/index.js";

/** Home folder of the operator, who runs the host. */
let home: string;
/** The default access file of `slipway tokens`. */
let file: string;
/** A host reads a changed file within seconds, unless the machine is busy. */
const patience = { within: 120_000, every: 200 };

beforeEach(async () => {
  home = await tempDir();
  file = join(home, ".config", "slipway", "access.toml");
});

/** Runs `slipway tokens` as the operator. */
function tokens(...args: string[]) {
  return run(process.execPath, [cli, "tokens", ...args], { env: { PATH: process.env.PATH, HOME: home } });
}

/** Creates a token, which stdout is. */
async function create(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await tokens("create", ...args);
  expect([code, stderr]).toEqual([0, `Added to ${file}. The token cannot be shown again.\n`]);
  expect(stdout).toMatch(/^slipway_[\w-]{43}\n$/);
  return stdout.trim();
}

/** A host on TCP whose clients are in the access file, and the CLI of the clients. */
async function serve() {
  const address = `127.0.0.1:${await freePort()}`;
  const host = await startHost({ args: ["--tcp", address, "--token-file", file] });
  const clientOf = async (token: string) => {
    const folder = await tempDir();
    const tokenFile = join(folder, "token");
    await writeFile(tokenFile, token, { mode: 0o600 });
    const env = {
      PATH: process.env.PATH,
      HOME: folder,
      SLIPWAY_HOST: `http://${address}`,
      SLIPWAY_TOKEN_FILE: tokenFile,
    };
    return (...args: string[]) => run(process.execPath, [cli, ...args], { env });
  };
  return { host, clientOf };
}

/** A web server that answers when the test says so, and the address of a file on it. */
async function heldFile() {
  const waiting: ServerResponse[] = [];
  const server = createServer((_, response) => void waiting.push(response)).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/held`,
    isAsked: () => waiting.length > 0,
    release: () => {
      for (const response of waiting) response.end("done");
    },
  };
}

/** Everything in a folder's files, as one text. */
async function contentOf(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const texts = await Promise.all(files.map((each) => readFile(join(each.parentPath, each.name), "latin1")));
  return texts.join("\n");
}

test("a token works until it is revoked, without a restart, and its builds go on", async () => {
  const token = await create("ci", "--role", "builder", "--group", "team-a", "--expires", "720h");
  const other = await create("deploy", "--role", "admin");
  expect([(await stat(file)).mode & 0o777, (await stat(join(file, ".."))).mode & 0o777]).toEqual([
    0o600, 0o700,
  ]);
  const { host, clientOf } = await serve();
  await createRemote(host, "shared");
  const [ci, deploy] = [await clientOf(token), await clientOf(other)];
  expect(await ci("builds", "ls")).toMatchObject({ code: 0, stderr: "" });
  // A builder changes no builders.
  expect(await ci("rm", "shared")).toMatchObject({ code: 1, stderr: expect.stringContaining("role admin") });

  const held = await heldFile();
  const context = await contextOf({ Dockerfile: `FROM scratch\nADD ${held.url} /\n` });
  const building = ci("build", "--builder", "shared", "--progress", "plain", context);
  await until("the build runs", held.isAsked, patience);
  const { builds } = await host.builds.listBuilds({});
  expect(builds).toMatchObject([{ owner: "token:ci", state: BuildState.RUNNING }]);

  expect(await tokens("revoke", "ci")).toMatchObject({ code: 0, stdout: "ci\n", stderr: "" });
  const wrong = expect.stringContaining("ERROR: The token is not one of this host's.");
  await until("the token is refused", async () => (await ci("builds", "ls")).code !== 0, patience);
  expect(await ci("builds", "ls")).toMatchObject({ code: 1, stdout: "", stderr: wrong });
  expect(await building).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("The token is not one of this host's."),
  });
  expect(await deploy("builds", "ls", "--format", "json")).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(builds[0]!.id),
  });
  held.release();
  expect((await watchToEnd(host, builds[0]!.id)).finished.state).toBe(BuildState.SUCCEEDED);

  const kept = [host.log(), await contentOf(host.folder), await contentOf(home)].join("\n");
  expect(kept).toContain("token:ci");
  for (const secret of [token, other]) expect(kept).not.toContain(secret.replace("slipway_", ""));
});

test("the list shows roles, groups and expiries, and no secret", async () => {
  const token = await create("ci", "--group", "team-a", "--group", "team-b");
  const old = await create("old", "--role", "viewer", "--expires", "1ms");
  await create("shop", "--project", "shop", "--project", "web=viewer");
  const certificate = '[[certificate]]\nsubject = "deploy.example"\nrole = "admin"\n';
  await writeFile(file, `${await readFile(file, "utf8")}\n${certificate}`);
  const [table, json] = [await tokens("list"), await tokens("ls", "--format", "json")];
  expect([table.code, json.code]).toEqual([0, 0]);
  const rows = table.stdout.split("\n").map((line) => line.trimEnd().split(/ {2,}/));
  expect(rows).toEqual([
    ["PRINCIPAL", "ROLE", "GROUPS", "EXPIRES"],
    ["token:ci", "builder", "team-a, team-b", "never"],
    ["token:old", "viewer", "-", expect.stringMatching(/^\d{4}-.*Z \(expired\)$/)],
    ["token:shop", "shop: builder, web: viewer", "-", "never"],
    ["certificate:deploy.example", "admin", "-", "never"],
    [""],
  ]);
  const lines = json.stdout.trimEnd().split("\n");
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    { principal: "token:ci", role: "builder", groups: ["team-a", "team-b"], expired: false },
    { principal: "token:old", role: "viewer", groups: [], expired: true, expires: expect.any(String) },
    { principal: "token:shop", projects: { shop: "builder", web: "viewer" }, groups: [], expired: false },
    { principal: "certificate:deploy.example", role: "admin", groups: [], expired: false },
  ]);
  const { tokens: entries } = await readAccessFile(file);
  for (const secret of [token, old, ...entries.map(({ hash }) => hash)])
    expect(table.stdout + json.stdout).not.toContain(secret);
});

test("an expired token is refused, and one in its place is another one", async () => {
  const old = await create("ci", "--role", "viewer", "--expires", "1ms");
  const { clientOf } = await serve();
  expect(await (await clientOf(old))("builds", "ls")).toMatchObject({
    code: 1,
    stdout: "",
    stderr: expect.stringMatching(/^ERROR: The token ci expired at \d{4}-.*Z\.\n/),
  });
  expect(await tokens("create", "ci")).toMatchObject({
    code: 1,
    stdout: "",
    stderr: expect.stringContaining("slipway tokens revoke ci"),
  });
  expect((await tokens("revoke", "ci")).code).toBe(0);
  const next = await clientOf(await create("ci", "--role", "viewer"));
  await until("the new token is accepted", async () => (await next("builds", "ls")).code === 0, patience);
  expect(await (await clientOf(old))("builds", "ls")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("The token is not one of this host's."),
  });
});

test.each<[string, string[], string]>([
  ["an unknown role", ["create", "new", "--role", "root"], "Unknown role root."],
  ["an invalid name", ["create", "a b"], '"a b" is not a valid name.'],
  ["an invalid lifetime", ["create", "new", "--expires", "soon"], '"soon" is not a duration'],
  ["an unknown token", ["revoke", "ci", "other"], "There is no token with the name other"],
])("%s changes nothing", async (_what, args, message) => {
  await create("ci");
  const before = await readFile(file, "utf8");
  const refused = await tokens(...args);
  expect(refused).toMatchObject({ stdout: "", stderr: expect.stringContaining(message) });
  expect(refused.code).not.toBe(0);
  expect(await readFile(file, "utf8")).toBe(before);
});

test("a command that waits for another one to change the file says so, and so does one that cannot lock it", async () => {
  await create("ci");
  const lock = await trySocketLock(file);
  if (lock.state !== "held") expect.unreachable();
  const waiting = tokens("create", "other");
  const early = await Promise.race([waiting, sleep(4_000)]);
  await lock.release();
  expect(early).toBeUndefined();
  const { code, stderr } = await waiting;
  expect([code, stderr]).toEqual([
    0,
    `Waiting for process ${process.pid}, which is changing ${file}.\nAdded to ${file}. The token cannot be shown again.\n`,
  ]);
  const long = join(home, "x".repeat(100), "access.toml");
  expect(await tokens("create", "ci", "--file", long)).toMatchObject({
    code: 1,
    stdout: "",
    stderr: expect.stringMatching(
      /^ERROR: The path \S+ has \d+ bytes\. The path of a file that commands lock can have \d+ bytes\.\nHINT: Use a shorter path/,
    ),
  });
});
