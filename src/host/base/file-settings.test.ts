import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, test, vi } from "vitest";
import { FileSettings } from "./file-settings.js";
import { createLog } from "./log.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "slipway-settings-"));
  return () => rmSync(folder, { recursive: true });
});

/** Settings that are equal pairs of words in two files. */
async function openPair(files: readonly [string, string], { settleMs = 300 } = {}) {
  const lines: { level: string; message: string; error?: string }[] = [];
  let refused = 0;
  const settings = await FileSettings.open({
    title: "pair",
    files,
    async read() {
      const [one, other] = await Promise.all(files.map((file) => readFile(file, "utf8")));
      if (one === other) return one;
      refused += 1;
      throw new Error(`${one} is not ${other}`);
    },
    log: createLog("info", (line) => lines.push(JSON.parse(line))),
    pollMs: 20,
    settleMs,
  });
  return { settings, lines, refused: () => refused };
}

const pair = () => [join(folder, "one"), join(folder, "other")] as const;
const write = (files: readonly string[], text: string) => {
  for (const file of files) writeFileSync(file, text);
};

test("files that change one after the other are no error", async () => {
  const files = pair();
  write(files, "first");
  const { settings, lines, refused } = await openPair(files, { settleMs: 60_000 });
  const changes: unknown[] = [];
  settings.onChange((value) => changes.push(value));
  write([files[0]], "second");
  await vi.waitFor(() => expect(refused()).toBeGreaterThan(1), 60_000);
  expect(settings.value).toBe("first");
  write([`${files[1]}.new`], "second");
  renameSync(`${files[1]}.new`, files[1]);
  await vi.waitFor(() => expect(settings.value).toBe("second"), 60_000);
  settings.close();
  // What changes while it is read is read once more.
  expect([...new Set(changes)]).toEqual(["second"]);
  expect([...new Set(lines.map(({ level }) => level))]).toEqual(["info"]);
});

test("files that stay unusable change nothing, and are logged once with what is wrong", async () => {
  const files = pair();
  write(files, "first");
  const { settings, lines } = await openPair(files);
  write([files[0]], "second");
  await vi.waitFor(() => expect(lines).toHaveLength(1), 60_000);
  expect(lines[0]).toMatchObject({ level: "error", error: "Error: second is not first" });
  // The same fault after another change.
  write([files[0]], "second");
  write([files[0]], "third");
  await vi.waitFor(() => expect(lines).toHaveLength(2), 60_000);
  expect(lines[1]).toMatchObject({ level: "error", error: "Error: third is not first" });
  expect(settings.value).toBe("first");
  write([files[1]], "third");
  await vi.waitFor(() => expect(settings.value).toBe("third"), 60_000);
  settings.close();
});

test("a swapped link is a change, as in the secrets of Kubernetes", async () => {
  for (const name of ["first", "second"]) {
    mkdirSync(join(folder, name));
    write([join(folder, name, "one"), join(folder, name, "other")], name);
  }
  symlinkSync("first", join(folder, "..data"));
  for (const name of ["one", "other"]) symlinkSync(join("..data", name), join(folder, name));
  const { settings } = await openPair(pair());
  symlinkSync("second", join(folder, "..data_tmp"));
  renameSync(join(folder, "..data_tmp"), join(folder, "..data"));
  await vi.waitFor(() => expect(settings.value).toBe("second"), 60_000);
  settings.close();
});

test("a missing file changes nothing", async () => {
  const files = pair();
  write(files, "first");
  const { settings, lines } = await openPair(files);
  rmSync(files[1]);
  await vi.waitFor(() => expect(lines).toMatchObject([{ level: "error" }]), 60_000);
  expect(lines[0]!.error).toContain("ENOENT");
  expect(settings.value).toBe("first");
  settings.close();
});
