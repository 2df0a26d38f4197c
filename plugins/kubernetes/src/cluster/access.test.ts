import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { loadAccess } from "./access.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "slipway-kubeconfig-"));
  for (const name of ["a", "b"])
    await writeFile(
      join(folder, name),
      JSON.stringify({
        clusters: [{ name, cluster: { server: `https://${name}.test` } }],
        users: [{ name, user: {} }],
        contexts: [{ name, context: { cluster: name, user: name } }],
        "current-context": name,
      }),
    );
});
afterAll(() => rm(folder, { recursive: true }));

const load = (...names: string[]) => loadAccess({ kubeconfig: names.map((name) => join(folder, name)) });

it("merges the files of a list, and skips missing ones", () => {
  expect(load("missing", "b", "gone", "a").getCurrentCluster()?.server).toBe("https://b.test");
  expect(load("missing", "b", "gone", "a").contexts.map(({ name }) => name)).toEqual(["b", "a"]);
});

it("refuses a list without any file", () => {
  expect(() => load("missing", "gone")).toThrow(/missing cannot be read: it does not exist/);
});
