import { chmod, chown, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { readTypedError } from "../../errors/typed-error.js";
import { createLog } from "../base/log.js";
import { hashToken, newToken, readAccessFile, writeAccessFile } from "./access-file.js";
import { Credentials, type PresentedCredentials } from "./credentials.js";

const log = createLog("error");

async function fileWith(text: string, mode = 0o600): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "access"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, "access.toml");
  await writeFile(file, text, { mode });
  return file;
}

async function open(file: string | undefined): Promise<Credentials> {
  const credentials = await Credentials.open(file, log);
  onTestFinished(() => credentials.close());
  return credentials;
}

function outcome(credentials: Credentials, shown: PresentedCredentials, now?: Date) {
  try {
    return credentials.authenticate(shown, now);
  } catch (error) {
    return readTypedError(error).reason;
  }
}

const token = newToken();
const entries = `
[[token]]
name = "ci"
hash = "${hashToken(token)}"
role = "builder"
groups = ["team-a"]
expires = 2027-01-01T00:00:00Z

[[certificate]]
subject = "ops.example"
role = "admin"
`;

it("knows tokens and certificates by the file, and what has expired", async () => {
  const credentials = await open(await fileWith(entries));
  const before = new Date("2026-12-31T23:59:59Z");
  const ci = { id: "token:ci", role: "builder", groups: ["team-a"] };
  expect(outcome(credentials, { token }, before)).toEqual(ci);
  expect(outcome(credentials, { token }, new Date("2027-01-01T00:00:00Z"))).toBe("TOKEN_EXPIRED");
  expect(outcome(credentials, { token: newToken() }, before)).toBe("TOKEN_WRONG");
  expect(outcome(credentials, {}, before)).toBe("TOKEN_MISSING");
  const ops = { id: "certificate:ops.example", role: "admin", groups: [] };
  expect(outcome(credentials, { certificate: "ops.example" })).toEqual(ops);
  expect(outcome(credentials, { certificate: "other.example" })).toBe("TOKEN_MISSING");
  expect(outcome(credentials, { certificate: "ops.example", token: "wrong" })).toBe("TOKEN_WRONG");
});

it("knows which rights a principal has now", async () => {
  const credentials = await open(await fileWith(entries));
  const before = new Date("2026-12-31T23:59:59Z");
  expect(credentials.now("token:ci", before)).toEqual({
    id: "token:ci",
    role: "builder",
    groups: ["team-a"],
  });
  expect(credentials.now("token:ci", new Date("2027-01-01T00:00:00Z")).role).toBeUndefined();
  expect(credentials.now("token:gone", before).role).toBeUndefined();
  expect(credentials.now("certificate:ops.example").role).toBe("admin");
  expect(credentials.now("certificate:ci").role).toBeUndefined();
  expect(credentials.now("local").role).toBe("admin");
  const without = await open(undefined);
  expect(without.now("token:ci").role).toBeUndefined();
  expect(without.now("certificate:ci").role).toBe("builder");
});

it("a certificate builds without an access file, and has no role where the file does not list it", async () => {
  const all = await open(undefined);
  expect(outcome(all, { certificate: "a" })).toEqual({ id: "certificate:a", role: "builder", groups: [] });
  const listed = await open(await fileWith('[[certificate]]\nsubject = "b"\nrole = "viewer"\n'));
  expect(outcome(listed, { certificate: "a" })).toEqual({ id: "certificate:a", role: undefined, groups: [] });
});

it("gives roles in projects, and keeps them when the file is written again", async () => {
  const shop = entries.replace('role = "builder"', 'projects = { shop = "viewer", web = "admin" }');
  const file = await fileWith(shop);
  await writeAccessFile(file, await readAccessFile(file));
  const before = new Date("2026-12-31T00:00:00Z");
  const expected = {
    id: "token:ci",
    role: "builder",
    groups: ["team-a"],
    projects: new Map([
      ["shop", "viewer"],
      ["web", "admin"],
    ]),
  };
  const credentials = await open(file);
  expect(outcome(credentials, { token }, before)).toEqual(expected);
  expect(credentials.now("token:ci", before)).toEqual(expected);
  expect(credentials.now("token:ci", new Date("2027-01-01T00:00:00Z")).projects).toBeUndefined();
});

it("keeps who is untrusted when the file is written again", async () => {
  const untrusted = entries.replace('role = "builder"', 'role = "builder"\ntrust = "untrusted"');
  const file = await fileWith(untrusted);
  await writeAccessFile(file, await readAccessFile(file));
  const credentials = await open(file);
  const before = new Date("2026-12-31T00:00:00Z");
  expect(outcome(credentials, { token }, before)).toMatchObject({ role: "builder", isUntrusted: true });
  expect(credentials.now("token:ci", before).isUntrusted).toBe(true);
  expect(credentials.now("certificate:ops.example").isUntrusted).toBeUndefined();
});

it.each([
  ['role = "builder"\nprojects = { shop = "builder" }', "token[0].role is for the whole host"],
  ["projects = {}", "token[0].projects must be a table"],
  ['projects = ["shop"]', 'token[0].projects names "0"'],
  ['projects = "shop"', "token[0].projects must be a table"],
  ['projects = { Shop = "builder" }', 'token[0].projects names "Shop"'],
  ['projects = { shop = "root" }', "token[0].projects.shop must be one of viewer, builder, admin"],
  ["", "token[0].role must be one of"],
  ['role = "builder"\ntrust = "some"', "token[0].trust must be trusted or untrusted"],
  ['role = "admin"\ntrust = "untrusted"', "token[0].trust must be trusted for an admin"],
])("refuses an entry with %j", async (lines, why) => {
  const file = await fileWith(entries.replace('role = "builder"', lines));
  await expect(readAccessFile(file)).rejects.toThrow(why);
});

it("takes a file with one token in plain text as that of an admin", async () => {
  const credentials = await open(await fileWith("c2xpcHdheSBzbGlwd2F5IHNsaXB3YXk=\n"));
  expect(outcome(credentials, { token: "c2xpcHdheSBzbGlwd2F5IHNsaXB3YXk=" })).toMatchObject({
    role: "admin",
  });
});

it("reads the file again when it changes, and keeps the former entries when it is broken", async () => {
  const file = await fileWith(entries);
  const credentials = await open(file);
  const before = new Date("2026-12-01T00:00:00Z");
  const { certificates } = await readAccessFile(file);
  await writeAccessFile(file, { tokens: [], certificates });
  await vi.waitFor(() => expect(outcome(credentials, { token }, before)).toBe("TOKEN_WRONG"), 60_000);
  await writeFile(file, "[[token]");
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  expect(outcome(credentials, { certificate: "ops.example" })).toMatchObject({ role: "admin" });
  await writeFile(file, entries);
  await vi.waitFor(
    () => expect(outcome(credentials, { token }, before)).toMatchObject({ role: "builder" }),
    60_000,
  );
});

it.each([
  ["is deleted", (file: string) => rm(file)],
  ["can be read by others", (file: string) => chmod(file, 0o644)],
  ["belongs to another user", (file: string) => chown(file, 65534, 65534)],
])("ends all access when the file %s, until it can be used again", async (_how, spoil) => {
  const file = await fileWith(entries);
  const credentials = await open(file);
  const before = new Date("2026-12-01T00:00:00Z");
  await spoil(file);
  await vi.waitFor(() => expect(outcome(credentials, { token }, before)).toBe("TOKEN_WRONG"), 60_000);
  expect(outcome(credentials, { certificate: "ops.example" })).toMatchObject({ role: undefined });
  expect(outcome(credentials, { certificate: "other.example" })).toMatchObject({ role: undefined });
  await rm(file, { force: true });
  await writeFile(file, entries, { mode: 0o600 });
  await vi.waitFor(
    () => expect(outcome(credentials, { token }, before)).toMatchObject({ role: "builder" }),
    60_000,
  );
});

it("an empty file gives access to nobody", async () => {
  const credentials = await open(await fileWith("\n"));
  expect(outcome(credentials, { token })).toBe("TOKEN_WRONG");
  expect(outcome(credentials, {})).toBe("TOKEN_MISSING");
  expect(outcome(credentials, { certificate: "a" })).toMatchObject({ role: undefined });
});

it("the last token that is revoked lets no certificate in", async () => {
  const file = await fileWith(entries);
  const credentials = await open(file);
  await writeAccessFile(file, { tokens: [], certificates: [] });
  await vi.waitFor(() => expect(outcome(credentials, { token })).toBe("TOKEN_WRONG"), 60_000);
  expect(outcome(credentials, { certificate: "other.example" })).toMatchObject({ role: undefined });
});

it.each([
  ["TOKEN_FILE_UNSAFE", entries, 0o644],
  ["TOKEN_UNUSABLE", "short", 0o600],
  ["TOKEN_FILE_INVALID", "[[token]", 0o600],
  ["TOKEN_FILE_INVALID", '[[tokens]]\nname = "a"', 0o600],
  ["TOKEN_FILE_INVALID", '[[token]]\nname = "a"', 0o600],
  ["TOKEN_FILE_INVALID", entries.replace("builder", "root"), 0o600],
  ["TOKEN_FILE_INVALID", entries.replace("expires", "expire"), 0o600],
  ["TOKEN_FILE_INVALID", entries + entries, 0o600],
  ["TOKEN_FILE_INVALID", entries.replace("2027-01-01T00:00:00Z", '"soon"'), 0o600],
])("refuses a file that cannot be trusted or understood: %s (%#)", async (reason, text, mode) => {
  const file = await fileWith(text, mode);
  const error = await Credentials.open(file, log).catch((cause) => readTypedError(cause));
  expect(error).toMatchObject({ reason, metadata: { file } });
});
