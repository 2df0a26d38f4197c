import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { must, tempDir } from "../../test/lab/index.js";
import type { Entry } from "./archive.js";
import { writeDeb } from "./deb.js";

const root = join(import.meta.dirname, "../..");
const program: Entry[] = [
  { path: "dist/cli.cjs", executable: true, read: async () => Buffer.from("#!/bin/sh\n") },
  { path: "bin/slipway", linkname: "../dist/cli.cjs" },
];
const make = async (entries: readonly Entry[]) => {
  const folder = await tempDir();
  const output = { root, folder, version: "1.2.3", mtime: new Date("2026-01-02T03:04:05Z") };
  return join(folder, await writeDeb(entries, "arm64", output));
};

test("dpkg reads a package: its fields, scripts, and files of root with the time of the commit", async () => {
  const deb = await make(program);
  expect((await must("dpkg-deb", ["--field", deb, "Package", "Version", "Architecture"])).stdout).toBe(
    "Package: slipway\nVersion: 1.2.3\nArchitecture: arm64\n",
  );
  const control = await tempDir();
  await must("dpkg-deb", ["--control", deb, control]);
  await must("sh", [
    "-c",
    'for script in postinst prerm postrm; do test -x "$1/$script"; done',
    "sh",
    control,
  ]);
  const { stdout } = await must("dpkg-deb", ["--contents", deb], { env: { ...process.env, TZ: "UTC" } });
  const lines = stdout.replace(/ +/g, " ").split("\n");
  expect(lines).toEqual(
    expect.arrayContaining([
      "lrwxrwxrwx root/root 0 2026-01-02 03:04 ./usr/bin/slipway -> ../lib/slipway/dist/cli.cjs",
      "drwxr-xr-x root/root 0 2026-01-02 03:04 ./usr/lib/slipway/dist",
      "-rwxr-xr-x root/root 10 2026-01-02 03:04 ./usr/lib/slipway/dist/cli.cjs",
      expect.stringContaining("./usr/lib/systemd/system/slipway.socket"),
      expect.stringContaining("./usr/lib/systemd/user/slipway.service"),
      expect.stringContaining("./usr/share/man/man1/slipway-build.1.gz"),
    ]),
  );
  expect(lines.filter((line) => line.includes("usr/lib/slipway/bin"))).toEqual([]);
});

test("another order of the files gives the same bytes", async () => {
  const [one, other] = [await make(program), await make(program.toReversed())];
  expect((await readFile(one)).equals(await readFile(other))).toBe(true);
});

test("a CPU that Debian's names do not have is an error", async () => {
  const output = { root, folder: "/", version: "1", mtime: new Date(0) };
  await expect(writeDeb(program, "riscv", output)).rejects.toThrow("riscv");
});
