import { execFileSync } from "node:child_process";
import { buffer } from "node:stream/consumers";
import { expect, test } from "vitest";
import { packTarEntries } from "./tar-names.js";
import { writeEntry } from "./write-entry.js";

/** Names of 8, 9 and 10 bytes beside others make records whose lengths have one and more digits. */
const names = ["caf\udce9", "\udcff", `${"d/".repeat(60)}\udc80`, "plain", "é"];

/** GNU tar shows the bytes of a name that are not ASCII in octal. */
const listed = (archive: Buffer) =>
  execFileSync("tar", ["-tf", "-"], { input: archive, env: { LC_ALL: "C", PATH: process.env.PATH } })
    .toString()
    .trimEnd()
    .split("\n");

test("names that are not UTF-8 are written as they are", async () => {
  const archive = packTarEntries();
  const read = buffer(archive);
  for (const name of names) {
    await writeEntry(archive, { name, size: 3 }, [Buffer.from("abc")]);
    await writeEntry(archive, { name: `${name}-link`, type: "symlink", linkname: name });
  }
  archive.finalize();
  const shown = ["caf\\351", "\\377", `${"d/".repeat(60)}\\200`, "plain", "\\303\\251"];
  expect(listed(await read)).toEqual(shown.flatMap((name) => [name, `${name}-link`]));
});
