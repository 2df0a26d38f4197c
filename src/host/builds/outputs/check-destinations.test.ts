import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Destination } from "../spec/exports.js";
import { checkDestinations } from "./check-destinations.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "slipway-destinations-"));
  await writeFile(join(folder, "file"), "");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const check = (kind: "file" | "folder", path: string) => {
  const destination: Destination = { kind, path: join(folder, path) };
  return checkDestinations([{ type: "tar", attributes: {}, output: 0, destination, pushAfterwards: [] }]);
};

it("accepts files and folders that are there, or can be created with their folders", async () => {
  await check("file", "file");
  await check("file", "new/folder/x.tar");
  await check("folder", "new/folder");
});

it("refuses what lies below a file, or has the other kind", async () => {
  const refused = (message: string) =>
    expect.objectContaining({ rawMessage: expect.stringContaining(message) });
  await expect(check("file", "file/folder/x.tar")).rejects.toEqual(
    refused(`${folder}/file is not a directory`),
  );
  await expect(check("folder", "file")).rejects.toEqual(refused("is not a directory"));
  await expect(check("file", ".")).rejects.toEqual(refused("is a directory"));
});
