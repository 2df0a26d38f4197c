import { posix } from "node:path";
import { Code, ConnectError } from "@connectrpc/connect";
import { expect, it } from "vitest";
import type { Gateway } from "../gateway.js";
import { entriesOf } from "./remote-policies.js";

/** What BuildKit has fetched: folders with their names. Any other folder, or one that is broken, is an error. */
function treeOf(folders: Record<string, string[]>) {
  const readDir = async ({ dirPath }: { dirPath: string }) => {
    const names = folders[dirPath];
    if (!names) throw new ConnectError(`${dirPath}: git source: repository not found`, Code.Unknown);
    return { entries: names.map((path) => ({ path: Buffer.from(posix.join(dirPath, path)) })) };
  };
  return { bridge: { readDir } as unknown as Gateway["bridge"], options: {}, ref: "ref" };
}

it("a folder is missing when the folder above lacks it, and not because of what an error says", async () => {
  const tree = treeOf({ "/": ["sub", "gone"], "/sub": ["Dockerfile", "Dockerfile.rego"] });
  expect([...(await entriesOf(tree, "sub"))]).toEqual(["Dockerfile", "Dockerfile.rego"]);
  expect([...(await entriesOf(tree, "other/deep"))]).toEqual([]);
  await expect(entriesOf(tree, "gone")).rejects.toThrow("repository not found");
  await expect(entriesOf(treeOf({}), "")).rejects.toThrow("repository not found");
  expect([...(await entriesOf({ ...treeOf({}), ref: "" }, "sub"))]).toEqual([]);
});
