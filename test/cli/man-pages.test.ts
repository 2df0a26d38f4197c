import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { manPages } from "../../scripts/docs/man-pages.js";
import { must, tempDir } from "../lab/index.js";

test("groff shows all man pages without a warning, with what the help has", async () => {
  const pages = manPages();
  const folder = await tempDir();
  for (const [name, text] of pages) await writeFile(join(folder, name), text);
  const files = [...pages.keys()];
  // Plain text: without the control sequences and the overprinting of bold letters.
  const args = ["-man", "-Tutf8", "-ww", "-P-c", "-P-b", "-P-u", "--"];
  const { stdout, stderr } = await must("groff", [...args, ...files], { cwd: folder });
  expect(stderr).toBe("");
  expect(stdout).toContain("slipway-build - start a build");
  expect(stdout).toMatch(/ -t, --tag <name>\n +name of the image\n/);
  expect(stdout).toContain(
    "  slipway build --platform linux/amd64,linux/arm64 --push -t example.org/app .\n",
  );
  expect(stdout).toContain("✓ in order   ! works, but should be changed");
  expect(files).toEqual(expect.arrayContaining(["slipway.1", "slipway-plugins-install.1"]));
});
