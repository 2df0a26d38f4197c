import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { run, tempDir } from "./index.js";

const root = join(import.meta.dirname, "../..");
const vitest = join(root, "node_modules/vitest/vitest.mjs");

test.each(["unit", "backends"])(
  "tests of the project %s cannot run an installed program that is not declared; the error names where to declare it",
  async (project) => {
    expect(existsSync("/usr/bin/apt-cache")).toBe(true);
    const lab = join(await tempDir(), "lab.json");
    await writeFile(lab, "{}");
    const args = [
      "run",
      "--config",
      "test/fixtures/undeclared-program/vitest.config.ts",
      "--project",
      project,
    ];
    const env = { ...process.env, SLIPWAY_LAB_JSON: lab };
    const { stdout, stderr } = await run(process.execPath, [vitest, ...args], { cwd: root, env });
    expect(stdout).toMatch(/Tests .*4 failed.*1 skipped.* \(5\)/);
    const remedy = "test/lab/programs.ts declares: add apt-cache and its Debian package to that file.";
    expect(stderr.split(remedy)).toHaveLength(6);
  },
);
