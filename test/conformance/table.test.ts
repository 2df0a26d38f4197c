import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { columnsOf, tables } from "./table.js";

const root = join(import.meta.dirname, "../..");

test.each(Object.values(tables))(
  "docs/conformance.md has a column for each test in $folder, and no others",
  (table) => {
    const tested = readdirSync(join(root, table.folder)).map((name) => name.replace(".test.ts", ""));
    const page = readFileSync(join(root, "docs/conformance.md"), "utf8");
    expect(columnsOf(page, table).sort()).toEqual(tested.sort());
  },
);
