import { chmod, lchown, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { readTypedError } from "../errors/typed-error.js";
import { checkSocketFolder, makePrivateFolder } from "./address-folder.js";

const uid = process.getuid!();
const stranger = 65_534;
const reason = "SOCKET_FOLDER_UNSAFE";
let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "slipway-folder-"));
  return () => rm(root, { recursive: true });
});

async function folder(mode: number): Promise<string> {
  const path = join(root, "folder");
  await mkdir(path);
  await chmod(path, mode);
  return path;
}

const refusal = async (work: () => unknown) => {
  try {
    await work();
  } catch (cause) {
    const { reason, message, remedy } = readTypedError(cause);
    return { reason, message, remedy };
  }
  throw new Error("it was accepted");
};

test("a client takes a socket from a folder that nobody else can write to", async () => {
  const path = await folder(0o755);
  expect(checkSocketFolder(path)).toBe(true);
  await symlink(path, join(root, "link"));
  expect(checkSocketFolder(join(root, "link"))).toBe(true);
  expect(checkSocketFolder("/", stranger)).toBe(true);
  expect(checkSocketFolder(join(root, "none"))).toBe(false);
});

test("a client takes none from a folder that others can write to", async () => {
  for (const mode of [0o775, 0o757, 0o1777]) {
    await rm(join(root, "folder"), { recursive: true, force: true });
    const path = await folder(mode);
    expect(await refusal(() => checkSocketFolder(path))).toEqual({
      reason,
      message: expect.stringContaining("lets other users write to it"),
      remedy: `Run: chmod go-w ${path}`,
    });
  }
});

test("a client takes none from a folder, or over a link, of another user", async () => {
  const path = await folder(0o700);
  const link = join(root, "link");
  await symlink(path, link);
  // Root's own folders are everybody's to trust, so root gives them away.
  const [owner, me] = uid === 0 ? [stranger, 0] : [uid, stranger];
  await lchown(link, owner, -1);
  if (uid === 0) expect(await refusal(() => checkSocketFolder(link, me))).toMatchObject({ reason });
  await lchown(path, owner, -1);
  for (const each of [path, link])
    expect(await refusal(() => checkSocketFolder(each, me))).toEqual({
      reason,
      message: expect.stringContaining(`belongs to user ${owner}.`),
      remedy: "Use a folder that you own: set XDG_RUNTIME_DIR, TMPDIR or SLIPWAY_HOST.",
    });
});

test("a client takes none from a folder that others can replace, by a folder or link on the way", async () => {
  const open = join(root, "open");
  await mkdir(join(open, "mine"), { recursive: true });
  await symlink("open/mine", join(root, "direct"));
  await symlink(join(root, "direct"), join(root, "chain"));
  await symlink(".", join(open, "here"));
  const ways = ["open/mine", "open/new", "open/here/../direct", "open/../chain", "direct", "chain"];
  for (const way of ways) {
    await chmod(open, 0o777);
    expect(await refusal(() => checkSocketFolder(`${root}/${way}`))).toMatchObject({
      reason,
      message: expect.stringContaining(`the mode 0777 of ${open} lets other users write to it.`),
      remedy: `Run: chmod go-w ${open}`,
    });
    // There nobody can rename what belongs to others.
    await chmod(open, 0o1777);
    expect(checkSocketFolder(`${root}/${way}`)).toBe(way !== "open/new");
  }
  await chmod(open, 0o777);
  expect(await refusal(() => makePrivateFolder(join(open, "new")))).toMatchObject({ reason });
});

test("a folder behind links that lead to each other, or below a file, is none", async () => {
  await symlink("b", join(root, "a"));
  await symlink("a", join(root, "b"));
  expect(() => checkSocketFolder(join(root, "a"))).toThrow("ELOOP");
  await writeFile(join(root, "file"), "");
  expect(await refusal(() => checkSocketFolder(join(root, "file/folder")))).toMatchObject({
    message: expect.stringContaining(`${join(root, "file")} is not a folder`),
  });
});

test("a host serves in a private folder only", async () => {
  const path = join(root, "new/folder");
  await makePrivateFolder(path);
  await makePrivateFolder(path);
  await chmod(path, 0o750);
  expect(await refusal(() => makePrivateFolder(path))).toMatchObject({
    message: expect.stringContaining("its mode 0750 gives"),
    remedy: `Run: chmod 700 ${path}`,
  });
  await symlink(path, join(root, "link"));
  expect(await refusal(() => makePrivateFolder(join(root, "link")))).toMatchObject({
    message: expect.stringContaining("not a folder"),
  });
  await writeFile(join(root, "file"), "");
  expect(await refusal(() => makePrivateFolder(join(root, "file")))).toMatchObject({
    reason: "SOCKET_FOLDER_UNUSABLE",
  });
});
