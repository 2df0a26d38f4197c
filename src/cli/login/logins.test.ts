import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { readTypedError } from "../../errors/typed-error.js";
import { changeLogins, type Login, loginsFile, readLogins } from "./logins.js";

const login: Login = {
  token: "token",
  expires: "2027-01-01T00:00:00.000Z",
  issuer: "https://id.example",
  clientId: "slipway",
  refreshToken: "refresh",
};

async function emptyFile() {
  const folder = await mkdtemp(join(tmpdir(), "logins"));
  onTestFinished(() => rm(folder, { recursive: true }));
  return loginsFile({ XDG_STATE_HOME: folder });
}

it("keeps logins in a private file in a private folder, and leaves nothing else", async () => {
  const file = await emptyFile();
  expect(await readLogins(file)).toEqual({});
  await changeLogins(file, async (logins, save) => {
    logins["https://host"] = login;
    await save();
  });
  expect(await readLogins(file)).toEqual({ "https://host": login });
  const folder = join(file, "..");
  expect(await Promise.all([file, folder].map(async (path) => (await stat(path)).mode & 0o777))).toEqual([
    0o600, 0o700,
  ]);
  expect(await readdir(folder)).toEqual(["logins.json"]);
});

it("changes wait for each other, also after one that failed", async () => {
  const file = await emptyFile();
  const failed = changeLogins(file, async () => {
    throw new Error("no network");
  });
  const hosts = ["https://a", "https://b", "https://c"];
  const changes = hosts.map((host) =>
    changeLogins(file, async (logins, save) => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      logins[host] = login;
      await save();
    }),
  );
  await expect(failed).rejects.toThrow("no network");
  await Promise.all(changes);
  expect(Object.keys(await readLogins(file)).sort()).toEqual(hosts);
});

it.each([
  ["", "has no logins"],
  ["[]", "has no logins"],
  ['{"https://host": {"token": "secret"}}', "has no logins"],
  [JSON.stringify({ "https://host": { ...login, refreshToken: 1 } }), "has no logins"],
])("refuses a file with %j, and leaves it", async (text, why) => {
  const file = await emptyFile();
  await changeLogins(file, (_, save) => save());
  await writeFile(file, text);
  const save = (_: unknown, save: () => Promise<void>) => save();
  for (const attempt of [() => readLogins(file), () => changeLogins(file, save)]) {
    const { reason, message } = readTypedError(await attempt().catch((cause) => cause));
    expect([reason, message]).toEqual(["LOGINS_UNREADABLE", expect.stringContaining(why)]);
    expect(message).not.toContain("secret");
  }
  expect(await readFile(file, "utf8")).toBe(text);
});

it("refuses a file that others can read", async () => {
  const file = await emptyFile();
  await changeLogins(file, (_, save) => save());
  await chmod(file, 0o644);
  const { reason, remedy } = readTypedError(await readLogins(file).catch((cause) => cause));
  expect([reason, remedy]).toEqual(["LOGINS_UNREADABLE", `Run chmod 600 ${file}.`]);
});
