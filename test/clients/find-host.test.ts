import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { hashedFile } from "../../scripts/package/hashed-file.js";
import { writeHostJar } from "../../scripts/package/java.js";
import { run, tempDir } from "../lab/index.js";
import { examples, root } from "./clients.js";

/** Hides the machine's own program, puts the folder $0 in place of /usr/local/bin, and runs a command. */
const place =
  'mount --bind "$0" /usr/local/bin; [ ! -e /usr/bin/slipway ] || mount --bind /dev/null /usr/bin/slipway; exec "$@"';

/** A program that cannot be a host; the client's error has what it prints. */
async function addProgram(path: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, '#!/bin/sh\necho "this is $0"\nexit 7\n', { mode: 0o755 });
  return path;
}

/** Puts the program of a folder into a jar there, which comes on the class path of a command of java. */
async function packInJar(folder: string, args: string[]): Promise<void> {
  const files = [await hashedFile("dist/cli.cjs", await readFile(join(folder, "program")), true)];
  const output = { root, folder, version: "1.2.3", mtime: new Date(0) };
  args[args.indexOf("-cp") + 1] +=
    `:${join(folder, await writeHostJar(`linux-${process.arch}`, files, output))}`;
}

test.each(["go", "python", "java"])(
  "the client in %s finds the host's program in the documented order",
  async (language) => {
    const example = (await examples[language]!()).tour;
    const home = await tempDir();
    const local = join(home, "usr-local-bin");
    const packages = join(home, "packages");
    const inCache = `${home}/\\.cache/slipway/host/\\w{16}/dist/cli\\.cjs`;
    const places: { path: string; seen?: string }[] = [
      { path: join(home, "set/program") },
      ...(language === "python" ? [{ path: join(packages, "slipway_host/program") }] : []),
      ...(language === "java" ? [{ path: join(packages, "program"), seen: inCache }] : []),
      { path: join(home, "path/slipway") },
      { path: join(home, ".local/share/slipway/host/current/bin/slipway") },
      { path: join(local, "slipway"), seen: "/usr/local/bin/slipway" },
    ];
    for (const { path } of places) await addProgram(path);
    if (language === "java") await packInJar(packages, example.args);
    const module = 'from os import path\n\nPROGRAM = path.join(path.dirname(__file__), "program")\n';
    await mkdir(join(packages, "slipway_host"), { recursive: true });
    await writeFile(join(packages, "slipway_host/__init__.py"), module);

    const setting = places[0]!.path;
    const env = {
      PATH: `${join(home, "path")}:${process.env.PATH}`,
      HOME: home,
      XDG_RUNTIME_DIR: join(home, "run"),
      PYTHONPATH: packages,
      PYTHONDONTWRITEBYTECODE: "1",
    };
    await mkdir(env.XDG_RUNTIME_DIR, { mode: 0o700 });
    const start = async (more: Record<string, string> = {}) => {
      const command = [example.command, ...example.args, home, join(home, "out.tar")];
      const options = { env: { ...env, ...more }, timeout: 240_000 };
      const { code, stderr } = await run(
        "unshare",
        ["--mount", "sh", "-euc", place, local, ...command],
        options,
      );
      expect(code).toBe(1);
      return stderr;
    };

    expect(await start({ SLIPWAY: setting })).toMatch(
      new RegExp(`HOST_START_FAILED: [^]*this is ${setting}\n`),
    );
    for (const { path, seen = path } of places.slice(1)) {
      expect(await start()).toMatch(new RegExp(`HOST_START_FAILED: [^]*this is ${seen}\n`));
      await rm(path.startsWith(packages) ? packages : path, { recursive: true });
    }
    expect(await start()).toMatch(
      /^HOST_NOT_INSTALLED: No host listens on \S+, and its program is not installed\. \(.* set SLIPWAY to the path of the program\.\)$/m,
    );
    expect(await readdir(env.XDG_RUNTIME_DIR)).toEqual(["slipway"]);
  },
  900_000,
);
