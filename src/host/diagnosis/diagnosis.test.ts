import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { open } from "lmdb";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { hashToken, newToken, writeAccessFile } from "../access/access-file.js";
import { Store } from "../store/store.js";
import { checkAccessFile } from "./access-file.js";
import { checkAdvertisedAddress } from "./advertised-address.js";
import { checkDatabase } from "./database.js";
import { checkDiskSpace } from "./disk-space.js";
import { ok, problem } from "./finding.js";
import { checkIssuersFile } from "./issuers-file.js";
import { checkKeyFile } from "./key-file.js";
import { checkProjectsFile } from "./projects-file.js";
import { runCheck } from "./run-check.js";
import { checkSharedDatabase } from "./shared-database.js";
import { checkSharedUploads } from "./shared-uploads.js";
import { checkStateFolder } from "./state-folder.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "slipway-diagnosis-"));
  return () => rm(folder, { recursive: true });
});

describe("a check", () => {
  const run = (work: () => Promise<never>) => runCheck({ id: "x", run: work }, 50);

  it("that fails is a problem, and so is one that does not end", async () => {
    expect(await run(() => Promise.reject(new Error("broken")))).toMatchObject([
      { check: "x", outcome: "problem", message: expect.stringContaining("broken") },
    ]);
    expect(await run(() => new Promise(() => {}))).toMatchObject([
      { outcome: "problem", reason: "CHECK_TIMEOUT" },
    ]);
  });

  it("has one or more findings, which can be those of other checks", async () => {
    const other = { check: "y", ...problem("bad") };
    const results = await runCheck({ id: "x", run: async () => [ok("good"), other] }, 1000);
    expect(results.map(({ check, outcome }) => [check, outcome])).toEqual([
      ["x", "ok"],
      ["y", "problem"],
    ]);
  });
});

describe("the state folder", () => {
  it.each([
    [0o700, "ok"],
    [0o755, "problem"],
    [0o710, "problem"],
    [0o770, "problem"],
    [0o777, "problem"],
    [0o500, "problem"],
  ])("with mode %o is %s", async (mode, outcome) => {
    await chmod(folder, mode);
    const found = await checkStateFolder(folder);
    expect(found).toMatchObject({ outcome });
    if (outcome !== "ok") expect(found.remedy).toBe(`Run: chmod 700 ${folder}`);
    await chmod(folder, 0o700);
  });

  it("is a folder of its user, and may be missing", async () => {
    expect(await checkStateFolder(join(folder, "none"))).toMatchObject({ outcome: "ok" });
    expect(await checkStateFolder(folder, (process.getuid?.() ?? 0) + 1)).toMatchObject({
      outcome: "problem",
      message: expect.stringContaining("belongs to user"),
    });
    await symlink(folder, join(folder, "link"));
    expect(await checkStateFolder(join(folder, "link"))).toMatchObject({ outcome: "problem" });
  });
});

it("little free space is a warning, and no folder is needed to see it", async () => {
  expect(await checkDiskSpace(join(folder, "a", "b"), { low: 0 })).toMatchObject({ outcome: "ok" });
  expect(await checkDiskSpace(folder, { low: Number.MAX_SAFE_INTEGER })).toMatchObject({
    outcome: "warning",
  });
});

it("a database that is damaged or of another version is a problem", async () => {
  expect(await checkDatabase(folder)).toMatchObject({ outcome: "ok" });
  const store = new Store(join(folder, "store"));
  await store.hostId();
  expect(await checkDatabase(folder)).toMatchObject({ outcome: "ok" });
  // The check leaves the store of a running host open.
  expect(await store.hostId()).toBeTruthy();
  await store.close();
  expect(await checkDatabase(folder)).toMatchObject({ outcome: "ok" });
  const root = open({ path: join(folder, "store"), maxDbs: 16 });
  await root.openDB({ name: "settings", encoding: "string" }).put("format", "2");
  await root.close();
  const data = await readFile(join(folder, "store", "data.mdb"));
  expect(await checkDatabase(folder)).toMatchObject({ outcome: "problem", reason: "STATE_FORMAT_UNKNOWN" });
  expect(() => new Store(join(folder, "store"))).toThrow(/has the format 2/);
  expect(await readFile(join(folder, "store", "data.mdb"))).toEqual(data);
  await writeFile(join(folder, "store", "data.mdb"), "x".repeat(9000));
  expect(await checkDatabase(folder)).toMatchObject({ outcome: "problem", reason: "STATE_CORRUPT" });
});

it("a database on another machine without TLS is a warning, and a URL that is none a problem", async () => {
  vi.stubEnv("PGSSLMODE", undefined);
  const url = "postgres://slipway:hush@db.example/slipway";
  expect(await checkSharedDatabase(`${url}?sslmode=verify-full`)).toMatchObject({ outcome: "ok" });
  expect(await checkSharedDatabase(url)).toEqual({
    outcome: "warning",
    message: "The connection to the database db.example/slipway is not encrypted.",
    remedy: "Add sslmode=verify-full to its URL.",
  });
  const check = { id: "shared-database", run: () => checkSharedDatabase("mysql://db.example/slipway") };
  expect(await runCheck(check, 10_000)).toMatchObject([
    { outcome: "problem", reason: "DATABASE_URL_INVALID" },
  ]);
});

it("a key file shows its keys by id; a key that is there twice is a warning, and an unsafe file a problem", async () => {
  const file = join(folder, "key");
  const key = randomBytes(32).toString("base64");
  await writeFile(file, key, { mode: 0o600 });
  const found = await checkKeyFile(file);
  expect(found).toMatchObject({ outcome: "ok", message: expect.stringMatching(/the key [0-9a-f]{8}\.$/) });
  await writeFile(file, `${key}\n${key}\n`);
  expect(await checkKeyFile(file)).toMatchObject({ outcome: "warning" });
  await chmod(file, 0o644);
  expect(await runCheck({ id: "state-key", run: () => checkKeyFile(file) }, 1000)).toMatchObject([
    { outcome: "problem", reason: "STATE_KEY_FILE_UNSAFE", remedy: `Run chmod 600 ${file}.` },
  ]);
});

it("tokens that have expired or soon will are warnings", async () => {
  const file = join(folder, "access.toml");
  const token = (name: string, days?: number) => ({
    name,
    hash: hashToken(newToken()),
    role: "builder" as const,
    groups: [],
    expires: days === undefined ? undefined : new Date(Date.now() + days * 86_400_000),
  });
  await writeAccessFile(file, {
    tokens: [token("old", -1), token("soon", 6), token("later", 30), token("ever")],
    certificates: [],
  });
  const found = await checkAccessFile(file);
  expect(found.map(({ outcome, message }) => [outcome, message.split(" in ")[0]])).toEqual([
    ["warning", "The token old"],
    ["warning", "The token soon"],
  ]);
  await writeAccessFile(file, { tokens: [token("ever")], certificates: [] });
  expect(await checkAccessFile(file)).toMatchObject([{ outcome: "ok" }]);
  await mkdir(join(folder, "empty"));
  await writeAccessFile(join(folder, "empty", "access.toml"), { tokens: [], certificates: [] });
  expect(await checkAccessFile(join(folder, "empty", "access.toml"))).toMatchObject([{ outcome: "problem" }]);
});

describe("the issuers file", () => {
  const issuer = (more = "") =>
    `[[issuer]]\nname = "own"\nurl = "https://id.example"\naudience = "slipway"\n${more}`;
  const rule =
    '[[bind]]\nname = "main"\nissuer = "own"\nrole = "builder"\nclaims = { sub = "a" }\nprincipal = "{sub}"\n';
  const check = async (text: string, mode = 0o600) => {
    const file = join(folder, "issuers.toml");
    await writeFile(file, text, { mode });
    return runCheck({ id: "issuers-file", run: () => checkIssuersFile(file) }, 5000);
  };

  it("is right with rules for all issuers", async () => {
    expect(await check(issuer() + rule)).toMatchObject([{ outcome: "ok" }]);
  });

  it.each<[string, string, string, RegExp]>([
    ["without issuers", "", "problem", /no issuer/],
    ["with an issuer without a rule", issuer(), "warning", /issuer own.*refuses all/],
    ["that cannot be parsed", "[[issuer", "problem", /issuers file/],
    ["with a missing authority", `${issuer('ca_file = "/missing/ca.pem"\n')}${rule}`, "problem", /missing/],
    [
      "with a missing token",
      `${issuer('token_file = "/missing/token"\n')}${rule}`,
      "problem",
      /issuer own.*missing/,
    ],
  ])("%s is reported", async (_what, text, outcome, message) => {
    expect(await check(text)).toMatchObject([{ outcome, message: expect.stringMatching(message) }]);
  });

  it("that others can change is a problem", async () => {
    const file = join(folder, "issuers.toml");
    await writeFile(file, issuer() + rule);
    await chmod(file, 0o666);
    expect(await runCheck({ id: "x", run: () => checkIssuersFile(file) }, 5000)).toMatchObject([
      { outcome: "problem", reason: "ISSUERS_FILE_UNSAFE" },
    ]);
  });
});

it("checks the projects file", async () => {
  const file = join(folder, "projects.toml");
  const check = () => runCheck({ id: "x", run: () => checkProjectsFile(file) }, 5000);
  expect(await check()).toMatchObject([{ outcome: "problem", reason: "PROJECTS_FILE_UNREADABLE" }]);
  await writeFile(file, '[[project]]\nname = "a"\n', { mode: 0o600 });
  expect(await check()).toMatchObject([
    { outcome: "ok", message: expect.stringContaining("Number of projects: 1") },
  ]);
  await writeFile(file, '[[project]]\nname = "A"\n');
  expect(await check()).toMatchObject([{ outcome: "problem", reason: "PROJECTS_FILE_INVALID" }]);
});

it("a folder of shared uploads has to be there; without a key it is a warning", async () => {
  expect(await checkSharedUploads(folder, true)).toMatchObject({ outcome: "ok" });
  expect(await checkSharedUploads(folder, false)).toMatchObject({ outcome: "warning" });
  expect(await checkSharedUploads(join(folder, "none"), true)).toMatchObject({ outcome: "problem" });
  const file = join(folder, "file");
  await writeFile(file, "");
  expect(await checkSharedUploads(file, true)).toMatchObject({
    outcome: "problem",
    message: expect.stringContaining("is not a folder"),
  });
  const bucket = await runCheck({ id: "x", run: () => checkSharedUploads("s3://ann:hush@b/p", true) }, 5000);
  expect(bucket).toMatchObject([{ outcome: "problem", reason: "UPLOADS_URL_INVALID" }]);
  expect(JSON.stringify(bucket)).not.toContain("hush");
});

it("an advertised address where nothing listens is a problem", async () => {
  const server = createServer((socket) => socket.destroy()).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  expect(await checkAdvertisedAddress({ host: "127.0.0.1", port })).toMatchObject({ outcome: "warning" });
  server.close();
  await once(server, "close");
  expect(await checkAdvertisedAddress({ host: "127.0.0.1", port })).toMatchObject({
    outcome: "problem",
    message: expect.stringContaining("ECONNREFUSED"),
  });
});
