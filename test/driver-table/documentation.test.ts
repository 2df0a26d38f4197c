import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { markdown, rows } from "./table.js";

it("every driver of the table has a test file", async () => {
  const files = await readdir(import.meta.dirname);
  for (const { driver } of rows) expect(files).toContain(`${driver}.test.ts`);
});

it("the documentation has the table", async () => {
  const documentation = await readFile(join(import.meta.dirname, "../../docs/drivers.md"), "utf8");
  expect(documentation).toContain(markdown());
});
