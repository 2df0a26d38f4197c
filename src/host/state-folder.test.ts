import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { readTypedError } from "../errors/typed-error.js";
import { lockStateFolder } from "./state-folder.js";

let root: string;
beforeEach(async () => {
  root = await mkdtemp("/tmp/slipway-state-");
  return () => rm(root, { recursive: true, force: true });
});

const refusal = (folder: string) =>
  lockStateFolder(folder).then(
    () => undefined,
    (cause) => readTypedError(cause),
  );

test("the second host on a state folder learns which process uses it", async () => {
  const folder = join(root, "state");
  const lock = await lockStateFolder(folder);
  expect(await refusal(folder)).toMatchObject({
    reason: "STATE_IN_USE",
    message: `The state folder ${folder} is in use by the host with process id ${process.pid}.`,
    metadata: { folder, pid: String(process.pid) },
  });
  await lock.release();
  await (await lockStateFolder(folder)).release();
});

test("a state folder that others can reach is refused as such", async () => {
  const folder = join(root, "open");
  await mkdir(folder);
  await chmod(folder, 0o755);
  expect(await refusal(folder)).toMatchObject({
    reason: "STATE_FOLDER_UNUSABLE",
    message: `Others can reach the state folder ${folder}: its mode is 0755. A host does not start there.`,
    remedy: `Run: chmod 700 ${folder}`,
  });
});

test("a state folder that cannot be created, or whose path is too long, is refused", async () => {
  await writeFile(join(root, "file"), "");
  for (const folder of [join(root, "file"), join(root, "file", "below"), join(root, "x".repeat(90))])
    expect(await refusal(folder)).toMatchObject({ reason: "STATE_FOLDER_UNUSABLE", metadata: { folder } });
});
