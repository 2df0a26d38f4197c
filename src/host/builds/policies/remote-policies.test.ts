import { posix } from "node:path";
import { Code, ConnectError } from "@connectrpc/connect";
import { expect, it } from "vitest";
import type { Gateway } from "../gateway.js";
import { entriesOf } from "./remote-policies.js";

/** What BuildKit has fetched: folders with their names. Any other folder, or one that is broken, is an error. */
function treeOf(folders: Record<string, string[]>) {
  const asked: string[] = [];
  const readDir = async ({ dirPath }: { dirPath: string }) => {
    asked.push(dirPath);
    const names = folders[dirPath];
    if (!names) throw new ConnectError(`${dirPath}: git source: repository not found`, Code.Unknown);
    return { entries: names.map((path) => ({ path: Buffer.from(posix.join(dirPath, path)) })) };
  };
  const bridge = { readDir } as unknown as Gateway["bridge"];
  return { bridge, options: {}, ref: "ref", listed: new Map(), asked };
}

it("a folder is missing when the folder above lacks it, and not because of what an error says", async () => {
  const tree = treeOf({ "/": ["sub", "gone"], "/sub": ["Dockerfile", "Dockerfile.rego"] });
  expect([...(await entriesOf(tree, "sub"))]).toEqual(["Dockerfile", "Dockerfile.rego"]);
  expect([...(await entriesOf(tree, "other/deep"))]).toEqual([]);
  await expect(entriesOf(tree, "gone")).rejects.toThrow("repository not found");
  await expect(entriesOf(treeOf({}), "")).rejects.toThrow("repository not found");
  expect([...(await entriesOf({ ...treeOf({}), ref: "" }, "sub"))]).toEqual([]);
});

it("BuildKit is asked for each folder once, however many files are in it", async () => {
  const tree = treeOf({ "/": ["sub", "other"], "/sub": ["a"], "/other": [] });
  for (const folder of ["sub", "sub", "other", "sub/none", "", "sub"]) await entriesOf(tree, folder);
  expect(tree.asked).toEqual(["/", "/sub", "/other"]);
});
