import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { compareWithMoby } from "../../fuzz/ignore-patterns.js";
import { cached, withLock } from "../lab/cache.js";

const source = join(import.meta.dirname, "../../fuzz/peers/patternmatcher");

/** Builds the program that runs moby/patternmatcher; returns its path. */
async function buildPeer(): Promise<string> {
  const files = ["go.mod", "go.sum", "main.go"].map((name) => readFile(join(source, name), "utf8"));
  const build = (folder: string) =>
    withLock("go", async () => {
      await promisify(execFile)("go", ["build", "-o", `${folder}/peer`, "."], { cwd: source });
    });
  const folder = await cached({
    name: "patternmatcher-peer",
    text: (await Promise.all(files)).join("\n"),
    build,
  });
  return join(folder, "peer");
}

test("matches ignore files as moby/patternmatcher does, in time proportional to the path", async () => {
  const { differences, slowestMs } = await compareWithMoby(await buildPeer(), 20_000, 20_261_129);
  expect(differences).toEqual([]);
  expect(slowestMs).toBeLessThan(10);
}, 600_000);
