import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");

test("every line of what parties can and cannot do names tests that exist", async () => {
  const folders = ["src", "test", "fuzz"];
  const files = (await Promise.all(folders.map((folder) => readdir(join(root, folder), { recursive: true }))))
    .flatMap((names, at) => names.map((name) => `${folders[at]}/${name}`))
    .filter((name) => name.endsWith(".test.ts"));
  const text = await readFile(join(root, "docs/security.md"), "utf8");
  const lines = text.split("\n").filter((line) => /^\| (can|cannot) \|/.test(line));
  expect(lines.length).toBeGreaterThan(70);
  for (const line of lines) {
    const named = [
      ...line
        .split(" | ")
        .at(-1)!
        .matchAll(/`([^` ]+\.ts)`/g),
    ].map(([, path]) => path!);
    expect(named, line).not.toEqual([]);
    for (const path of named)
      expect(
        files.some((file) => matches(file, path)),
        path,
      ).toBe(true);
  }
});

/** Whether a path is meant by another one, in which `*` stands for a name. */
function matches(path: string, pattern: string): boolean {
  const [start, end] = pattern.split("*");
  return end === undefined ? path === pattern : path.startsWith(start!) && path.endsWith(end);
}
