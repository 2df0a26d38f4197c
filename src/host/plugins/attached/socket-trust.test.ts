import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { distrustParent, distrustPrivate, findPrivateSocket } from "./socket-trust.js";

const own = 1000;

it.each([
  [1000, 0o140600, undefined],
  [0, 0o40700, undefined],
  [1001, 0o140600, "/s belongs to user 1001, not to root or user 1000"],
  [1000, 0o140660, "/s has the mode 0660"],
  [1000, 0o140602, "/s has the mode 0602"],
  [0, 0o40750, "/s has the mode 0750"],
  [1000, 0o40701, "/s has the mode 0701"],
])("of user %i with mode %o", (uid, mode, why) => {
  const found = distrustPrivate("/s", { uid, mode }, own);
  if (why === undefined) expect(found).toBeUndefined();
  else expect(found).toContain(why);
});

it.each([
  [0, 0o40755, undefined],
  [1000, 0o40755, undefined],
  [0, 0o41777, undefined],
  [0, 0o40777, "/p is writable by others"],
  [1000, 0o40775, "/p is writable by others"],
  [1001, 0o40755, "/p belongs to user 1001, not to root or user 1000"],
])("in a folder of user %i with mode %o", (uid, mode, why) => {
  expect(distrustParent("/p", { uid, mode }, own)).toBe(why);
});

let folder: string;
let server: Server;
beforeEach(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "sw-")));
  mkdirSync(join(folder, "private"), { mode: 0o700 });
  server = createServer();
  await listen(server, join(folder, "private/s"));
});
afterEach(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

async function listen(on: Server, path: string): Promise<void> {
  on.listen(path);
  await once(on, "listening");
  chmodSync(path, 0o600);
}

it("finds a socket, also through a link to its folder", async () => {
  const path = join(folder, "private/s");
  expect(await findPrivateSocket(path)).toEqual({ path });
  symlinkSync(join(folder, "private"), join(folder, "link"));
  expect(await findPrivateSocket(join(folder, "link/s"))).toEqual({ path });
});

it("does not follow a link in place of the socket", async () => {
  symlinkSync("s", join(folder, "private/link"));
  const path = join(folder, "private/link");
  expect(await findPrivateSocket(path)).toEqual({ whyUntrusted: `${path} is not a socket` });
});

it("refuses a file, an open socket, an open folder and an open folder above", async () => {
  const path = join(folder, "private/s");
  writeFileSync(join(folder, "private/file"), "", { mode: 0o600 });
  expect(await findPrivateSocket(join(folder, "private/file"))).toMatchObject({
    whyUntrusted: expect.stringContaining("is not a socket"),
  });
  chmodSync(path, 0o666);
  expect(await findPrivateSocket(path)).toMatchObject({ whyUntrusted: expect.stringContaining("mode 0666") });
  chmodSync(path, 0o600);
  chmodSync(join(folder, "private"), 0o755);
  expect(await findPrivateSocket(path)).toMatchObject({ whyUntrusted: expect.stringContaining("mode 0755") });
  chmodSync(join(folder, "private"), 0o700);
  chmodSync(folder, 0o777);
  expect(await findPrivateSocket(path)).toEqual({ whyUntrusted: `${folder} is writable by others` });
});

it.each(["private/nothing", "nowhere/s", "private/s/s"])("rejects for %s", async (path) => {
  await expect(findPrivateSocket(join(folder, path))).rejects.toMatchObject({
    code: expect.stringMatching(/^(ENOENT|ENOTDIR)$/),
  });
});
