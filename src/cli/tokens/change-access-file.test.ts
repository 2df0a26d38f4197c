import { lstat, mkdir, mkdtemp, readdir, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { hashToken, newToken, readAccessFile } from "../../host/access/access-file.js";
import { changeAccessFile } from "./change-access-file.js";

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "tokens-"));
  onTestFinished(() => rm(path, { recursive: true }));
  return path;
}

function add(file: string, name: string): Promise<void> {
  return changeAccessFile(file, ({ tokens }) => {
    tokens.push({ name, hash: hashToken(newToken()), role: "viewer", groups: [] });
  });
}

test("changes at the same time are all kept, and leave no other file", async () => {
  const path = await folder();
  const file = join(path, "access.toml");
  const names = ["a", "b", "c", "d", "e", "f", "g", "h"];
  await Promise.all(names.map((name) => add(file, name)));
  const { tokens } = await readAccessFile(file);
  expect(tokens.map(({ name }) => name).sort()).toEqual(names);
  expect(await readdir(path)).toEqual(["access.toml"]);
});

test("a refused change changes nothing", async () => {
  const path = await folder();
  const file = join(path, "access.toml");
  await add(file, "a");
  const refused = changeAccessFile(file, (access) => {
    access.tokens = [];
    throw new Error("refused");
  });
  await expect(refused).rejects.toThrow("refused");
  expect((await readAccessFile(file)).tokens).toHaveLength(1);
  expect(await readdir(path)).toEqual(["access.toml"]);
});

test("a link stays a link", async () => {
  const path = await folder();
  await mkdir(join(path, "real"));
  await add(join(path, "real/access.toml"), "a");
  const link = join(path, "access.toml");
  await symlink("real/access.toml", link);
  await add(link, "b");
  expect((await lstat(link)).isSymbolicLink()).toBe(true);
  expect((await readAccessFile(join(path, "real/access.toml"))).tokens).toHaveLength(2);
});
