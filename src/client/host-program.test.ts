import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { hostProgram } from "./host-program.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "slipway-test-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function program(path: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, "", { mode: 0o755 });
  return path;
}

test("finds the setting, then the package, then the PATH, then the user's data folder", async () => {
  const modules = join(folder, "node_modules/slipway");
  const packaged = await program(join(modules, "dist/cli.cjs"));
  await writeFile(join(modules, "package.json"), "{}");
  const inPath = await program(join(folder, "bin/slipway"));
  const installed = await program(join(folder, "data/slipway/host/current/bin/slipway"));
  const env = { PATH: `${folder}/none:${folder}/bin`, XDG_DATA_HOME: join(folder, "data") };

  expect(hostProgram({ ...env, SLIPWAY: "mine" }, folder)).toEqual(["mine"]);
  expect(hostProgram({ ...env, SLIPWAY: "" }, folder)).toEqual([
    process.execPath,
    "--no-incremental-marking",
    "--max-semi-space-size=1",
    packaged,
  ]);
  await rm(packaged);
  expect(hostProgram(env, folder)).toEqual([inPath]);
  await chmod(inPath, 0o644);
  expect(hostProgram(env, folder)).toEqual([installed]);
});

test("finds the program of its own package", () => {
  expect(hostProgram({})?.at(-1)).toBe(join(import.meta.dirname, "../../dist/cli.cjs"));
});
