import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checks } from "../../src/conformance/index.js";
import { goDriver, pythonDriver } from "../example-drivers/examples.js";
import { lab } from "../lab/index.js";
import { buildkit } from "../lab/recipes/buildkit.js";
import { runc } from "../lab/recipes/runc.js";
import { runSection } from "./script.js";

const plugins = [
  {
    language: "Python",
    folder: pythonDriver,
    config: async () => ({ options: { members: lab().buildkitd.address } }),
  },
  {
    language: "Go",
    folder: goDriver,
    config: async () => ({
      options: { buildkitd: join(await buildkit(), "buildkitd"), runc: join(await runc(), "runc") },
    }),
  },
];

test.each(plugins)(
  "the lines for CI work as written, for a driver in $language",
  async ({ folder, config }) => {
    const variables = { PLUGIN: await folder(), NODE: JSON.stringify({ config: await config() }) };
    const { home, stdout } = await runSection("conformance.md", "In your CI", variables);
    expect(stdout).toMatch(/: \d+ passed, 0 failed, 0 warned, \d+ skipped, 0 not run\n$/);
    const report = await readFile(join(home, "conformance.xml"), "utf8");
    expect(report).toMatch(new RegExp(`tests="${checks.length}" failures="0" skipped="\\d+"`));
  },
  600_000,
);

test("the program with the library works as written", async () => {
  const variables = { BUILDKIT_HOST: lab().buildkitd.address };
  const { home, stdout } = await runSection("conformance.md", "As a library", variables);
  expect(stdout).toMatch(/^✓ DRV-START-COOKIE .*\n/);
  expect(stdout).toMatch(/^✓ DRV-ACQUIRE /m);
  expect(stdout).not.toMatch(/^[✗!·]/m);
  expect(await readFile(join(home, "conformance.xml"), "utf8")).toContain('failures="0"');
}, 600_000);
