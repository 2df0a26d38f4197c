import { execFile } from "node:child_process";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Entry } from "../archive.js";

/** What Node.js is linked with, and the shell and the programs that start it. */
const debianPackages = ["libc6", "libgcc-s1", "libstdc++6", "busybox-static"];
/** Their libraries, the program busybox, and their licences. */
const isNeeded = (path: string) =>
  /^(\/usr)?\/lib(64|\/[\w-]+-linux-gnu)\/[^/]+\.so[\d.]*$|^(\/usr)?\/bin\/busybox$|\/copyright$/.test(path);
const applets = ["env", "readlink", "sh"];
/** The user of the service; an id that no distribution gives. */
const user = 10_001;

/**
 * The files of the image beside the program: those of Debian packages, which are installed here, and the service's own.
 * @param program its folder in /opt
 */
export async function baseEntries(program: string): Promise<Entry[]> {
  const text = (path: string, content: string): Entry => ({ path, read: async () => Buffer.from(content) });
  const { stdout } = await promisify(execFile)("dpkg-query", ["--listfiles", ...debianPackages]);
  const entries: Entry[] = [];
  for (const path of new Set(stdout.split("\n").filter(isNeeded))) {
    const file = await stat(path);
    if (file.isFile())
      entries.push({
        path: path.slice(1),
        executable: (file.mode & 0o111) !== 0,
        read: () => readFile(path),
      });
  }
  return [
    ...entries,
    ...applets.map((name) => ({ path: `bin/${name}`, linkname: "busybox" })),
    { path: "bin/node", linkname: `../opt/${program}/runtime/bin/node` },
    { path: "usr/bin/env", linkname: "../../bin/busybox" },
    text(
      "etc/passwd",
      `root:x:0:0:root:/:/bin/sh\nslipway:x:${user}:${user}:Slipway:/var/lib/slipway:/bin/sh\n`,
    ),
    text("etc/group", `root:x:0:\nslipway:x:${user}:\n`),
    {
      path: "usr/lib/slipway/healthy",
      executable: true,
      read: () => readFile(join(import.meta.dirname, "healthy")),
    },
    { path: "run/slipway", folder: true, owner: user },
    { path: "var/lib/slipway", folder: true, owner: user },
    { path: "tmp", folder: true, owner: user },
  ];
}
