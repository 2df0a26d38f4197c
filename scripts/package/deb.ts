import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, posix } from "node:path";
import { gzipSync } from "node:zlib";
import { manPages } from "../docs/man-pages.js";
import { type Entry, writeArchive } from "./archive.js";
import { completionEntries } from "./completions.js";
import { filesBelow } from "./files-below.js";
import type { Output } from "./output.js";

/** Where Debian's packages keep a program with all that it needs. */
const programFolder = "usr/lib/slipway";
const architectures: Record<string, string> = { x64: "amd64", arm64: "arm64" };
/** What Node.js is linked with. */
const depends = "libc6 (>= 2.28), libgcc-s1, libstdc++6 (>= 8)";

/** Writes the Debian package with the program's files for a CPU, and returns its name. It needs no tool of Debian. */
export async function writeDeb(program: readonly Entry[], cpu: string, output: Output): Promise<string> {
  const { root, folder, version, mtime } = output;
  const architecture = architectures[cpu];
  if (!architecture) throw new Error(`Debian's name of the CPU ${cpu} is missing`);
  const file = (path: string, content: string | Buffer): Entry => ({
    path,
    read: async () => Buffer.from(content),
  });
  const { description, author } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  const license = await readFile(join(root, "LICENSE"), "utf8");
  const files: Entry[] = [
    ...program
      // /usr/bin has it.
      .filter(({ path }) => path !== "bin/slipway")
      .map((entry) => ({ ...entry, path: `${programFolder}/${entry.path}` })),
    { path: "usr/bin/slipway", linkname: "../lib/slipway/dist/cli.cjs" },
    ...[...manPages()].map(([name, text]) =>
      file(`usr/share/man/man1/${name}.gz`, gzipSync(text, { level: 9 })),
    ),
    ...(await completionEntries(root)),
    file("usr/share/doc/slipway/copyright", `Slipway. ${author}.\n\n${license}`),
    ...(await filesOf(join(import.meta.dirname, "systemd"))),
  ];
  const work = await mkdtemp(join(tmpdir(), "slipway-deb-"));
  try {
    const [sums, kibibytes] = await sumsOf(files);
    const control = [
      "Package: slipway",
      `Version: ${version}`,
      `Architecture: ${architecture}`,
      `Maintainer: ${author}`,
      "Section: devel",
      "Priority: optional",
      `Installed-Size: ${kibibytes}`,
      `Depends: ${depends}`,
      `Description: ${description.replace(/:.*/, "")}`,
      ` ${description}.`,
      "",
    ].join("\n");
    const scripts = await filesOf(join(import.meta.dirname, "maintainer-scripts"));
    const parts = {
      "control.tar.gz": [
        file("control", control),
        file("md5sums", sums),
        ...scripts.map((script) => ({ ...script, executable: true })),
      ],
      "data.tar.gz": files,
    };
    const members: [string, Buffer][] = [["debian-binary", Buffer.from("2.0\n")]];
    for (const [name, entries] of Object.entries(parts)) {
      await writeArchive(join(work, name), withFolders(entries), mtime);
      members.push([name, await readFile(join(work, name))]);
    }
    const name = `slipway_${version}_${architecture}.deb`;
    await writeFile(join(folder, name), arArchive(members, mtime));
    return name;
  } finally {
    await rm(work, { recursive: true });
  }
}

/** The files below a folder, by their paths in it. */
async function filesOf(folder: string): Promise<Entry[]> {
  return (await filesBelow(folder)).map((path) => ({ path, read: () => readFile(join(folder, path)) }));
}

/** Entries as dpkg expects them: below ".", after the folders that they are in. */
function withFolders(entries: readonly Entry[]): Entry[] {
  const folders = new Set<string>();
  for (const { path } of entries)
    for (let folder = posix.dirname(path); folder !== "."; folder = posix.dirname(folder))
      folders.add(folder);
  const all: Entry[] = [...[...folders].map((path): Entry => ({ path, folder: true })), ...entries];
  return all.map((entry) => ({ ...entry, path: `./${entry.path}` }));
}

/** The lines of md5sums, with which `dpkg --verify` compares the files, and the size of the files in KiB. */
async function sumsOf(entries: readonly Entry[]): Promise<[string, number]> {
  let sums = "";
  let kibibytes = 0;
  for (const entry of entries) {
    if (!("read" in entry)) continue;
    const bytes = await entry.read();
    sums += `${createHash("md5").update(bytes).digest("hex")}  ${entry.path}\n`;
    kibibytes += Math.ceil(bytes.length / 1024);
  }
  return [sums, kibibytes];
}

/** An archive in the format of ar(1), with files of root. */
function arArchive(members: readonly [name: string, content: Buffer][], mtime: Date): Buffer {
  const parts: Buffer[] = [Buffer.from("!<arch>\n")];
  for (const [name, content] of members) {
    const seconds = String(Math.floor(mtime.getTime() / 1000));
    const header = `${name.padEnd(16)}${seconds.padEnd(12)}${"0".padEnd(6)}${"0".padEnd(6)}${"100644".padEnd(8)}`;
    parts.push(Buffer.from(`${header}${String(content.length).padEnd(10)}\`\n`), content);
    // Members begin at even offsets.
    if (content.length % 2 === 1) parts.push(Buffer.from("\n"));
  }
  return Buffer.concat(parts);
}
