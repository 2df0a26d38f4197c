import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { driversIn } from "./table.js";

test("docs/conformance.md has a column for each tested driver, and no others", () => {
  const tested = readdirSync(join(import.meta.dirname, "drivers")).map((name) =>
    name.replace(".test.ts", ""),
  );
  const page = readFileSync(join(import.meta.dirname, "../../docs/conformance.md"), "utf8");
  expect(driversIn(page).sort()).toEqual(tested.sort());
});
