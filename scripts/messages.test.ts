import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";

/** Files whose messages are for the person who starts the host or a plugin, or owns its files; no method of the API does the same. */
const forOperators = [
  "src/host/access/access-file.ts",
  "src/host/diagnosis/access-file.ts",
  "src/host/diagnosis/builder-access.ts",
  "src/driver/host-settings.ts",
  "src/driver/invitation.ts",
];

test("messages of the host and of drivers name methods and fields, not commands and flags of the CLI", async () => {
  const files = (await Promise.all(["src/host", "src/driver", "plugins"].map(sources)))
    .flat()
    .filter((file) => !forOperators.includes(file));
  expect(files.length).toBeGreaterThan(200);
  const found: string[] = [];
  for (const file of files) {
    for (const line of (await readFile(file, "utf8")).split("\n")) {
      const isComment = /^\s*(\/\/|\/?\*)/.test(line);
      if (!isComment && /[`:] ?slipway [a-z]/.test(line)) found.push(`${file}: ${line.trim()}`);
    }
  }
  expect(found).toEqual([]);
});

async function sources(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true });
  return names
    .filter((name) => name.endsWith(".ts") && !/\.test\.ts$|(^|\/)(dist|node_modules)\//.test(name))
    .map((name) => join(folder, name));
}
