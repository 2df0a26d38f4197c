import { randomUUID } from "node:crypto";
import { copyFile, mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import type { RegistryPackage } from "../../scripts/package/registry-package.js";
import { runtimeEntries } from "../../scripts/package/runtime.js";
import runtimes from "../../scripts/package/runtimes.json" with { type: "json" };
import { contextOf } from "../host/build.js";
import { baseImageName, lab, must, pidsOf, run, tempDir } from "../lab/index.js";
import { programPath } from "../lab/path.js";
import { destroyState, makeState } from "../lab/state.js";
import { bareUser } from "./bare-user.js";
import { packages } from "./packages.js";

const runtime: RegistryPackage = runtimes["linux-x64"];
let folder: string;
/** The folder that was in the archive. */
let unpacked: string;

beforeAll(async () => {
  folder = await makeState("package");
  const made = await packages();
  const { stdout } = await must("sha256sum", ["--check", "SHA256SUMS"], { cwd: made });
  const archive = /^(slipway-.*-linux-x64)\.tar\.gz: OK$/m.exec(stdout)![1]!;
  const parent = join(folder, "Größe 大小");
  await mkdir(parent);
  await must("tar", ["-xzf", join(made, `${archive}.tar.gz`), "-C", parent]);
  unpacked = join(parent, archive);
  // Compressing takes a minute of CPU time.
}, 600_000);
afterAll(() => destroyState(folder));

/** The program, linked into the PATH of a user who has, besides, only what its first lines need. */
async function install() {
  const { PATH: bin, HOME: own, XDG_RUNTIME_DIR } = await bareUser();
  await symlink(join(unpacked, "bin/slipway"), join(bin, "slipway"));
  const always = { PATH: bin, XDG_RUNTIME_DIR, DOCKER_HOST: lab().engine20.host };
  return {
    /** An own folder, which ends with the test. */
    own,
    bin,
    /** The commands of `setUp` change what the program sees of the machine; it has no further variables than `env`. */
    run(args: readonly string[], env: Record<string, string>, setUp = "true") {
      const variables = Object.entries({ ...always, ...env }).map((entry) => entry.join("="));
      const script = `${setUp}; exec env -i "$@"`;
      return run("unshare", ["--mount", "sh", "-euc", script, "sh", ...variables, "slipway", ...args]);
    },
  };
}

/** An image with a RUN step, and its name. */
async function example() {
  const Dockerfile = `FROM ${baseImageName}\nARG ID=${randomUUID()}\nRUN echo built > /out\nCMD ["cat", "/out"]\n`;
  const name = `packaged:${randomUUID()}`;
  return { name, args: ["build", "--tag", name, await contextOf({ Dockerfile })] };
}

async function outputOf(image: string): Promise<string> {
  return (await must("docker", ["--host", lab().engine20.host, "run", "--rm", image])).stdout;
}

test("the program builds an image on a machine without Node.js", async () => {
  const slipway = await install();
  const image = await example();
  expect((await run("sh", ["-c", "command -v node"], { env: { PATH: slipway.bin } })).code).not.toBe(0);
  expect(await slipway.run(image.args, { HOME: slipway.own })).toMatchObject({ code: 0 });
  expect(await outputOf(image.name)).toBe("built\n");
  // The host and a plugin.
  expect((await pidsOf(join(unpacked, "runtime/bin/node"))).length).toBeGreaterThan(1);
});

test.each(["arm64", "x64"])("the archive for macOS on %s has its Node.js and native parts", async (cpu) => {
  const [made, own] = [await packages(), join(folder, `macos-${cpu}`)];
  await mkdir(own);
  const name = `slipway-${manifest.version}-darwin-${cpu}`;
  await must("tar", ["-xzf", join(made, `${name}.tar.gz`), "-C", own]);
  const read = (...path: string[]) => readFile(join(own, name, ...path));
  const lmdb = (await readdir(join(own, name, "node_modules/@lmdb"))).join();
  expect(lmdb).toBe(`lmdb-darwin-${cpu}`);
  const binaries = [await read("runtime/bin/node"), await read("node_modules/@lmdb", lmdb, "node.napi.node")];
  // A Mach-O file of 64 bits begins with its magic number and the kind of CPU.
  const magic = `cffaedfe${cpu === "arm64" ? "0c" : "07"}000001`;
  expect(binaries.map((binary) => binary.subarray(0, 8).toString("hex"))).toEqual([magic, magic]);
  const [, start] = (await read("bin/slipway")).toString().split("\n");
  expect(start).not.toMatch(/libc/);
  expect(start).toContain("/runtime/bin/node");
});

test.each([
  ["none", "true", {}],
  ["none, for a user without an account", "mount --bind /dev/null /etc/passwd", {}],
  ["an empty variable", "true", { HOME: "" }],
  ["not a folder", "true", { HOME: "/dev/null" }],
  ["read-only", "mount -t tmpfs -o ro tmpfs /srv", { HOME: "/srv" }],
])("the home folder may be missing: %s", async (_, setUp, home: Record<string, string>) => {
  const slipway = await install();
  const version = JSON.parse(await readFile(join(unpacked, "package.json"), "utf8")).version;
  expect(await slipway.run(["version"], home, setUp)).toMatchObject({
    code: 0,
    stdout: `slipway v${version}\n`,
    stderr: "",
  });
});

test("a build needs no HOME", async () => {
  const slipway = await install();
  const build = async (passwd: string, env: Record<string, string>) => {
    const image = await example();
    await writeFile(join(slipway.own, "passwd"), passwd);
    const setUp = `mount --bind ${join(slipway.own, "passwd")} /etc/passwd`;
    expect(await slipway.run(image.args, env, setUp)).toMatchObject({ code: 0 });
    expect(await outputOf(image.name)).toBe("built\n");
  };
  await build(`root:x:0:0::${slipway.own}:/bin/sh\n`, {});
  expect(await readdir(join(slipway.own, ".local/state/slipway"))).toContain("host.log");
  // A user without an account has no folder.
  const names = ["CACHE", "CONFIG", "DATA", "STATE"].map((name) => `XDG_${name}_HOME`);
  const env = Object.fromEntries(names.map((name) => [name, join(slipway.own, name)]));
  const runtimeDir = join(slipway.own, "run/another");
  await mkdir(runtimeDir, { mode: 0o700 });
  await build("", { ...env, XDG_RUNTIME_DIR: runtimeDir });
});

test("a build with a read-only home folder needs another state folder", async () => {
  const slipway = await install();
  const image = await example();
  const setUp = "mount -t tmpfs -o ro tmpfs /srv";
  const refused = await slipway.run(image.args, { HOME: "/srv" }, setUp);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain("The state folder /srv/.local/state/slipway cannot be created");
  const built = await slipway.run(image.args, { HOME: "/srv", XDG_STATE_HOME: slipway.own }, setUp);
  expect(built).toMatchObject({ code: 0 });
  expect(await outputOf(image.name)).toBe("built\n");
});

test("a build needs no executable file in /tmp", async () => {
  const slipway = await install();
  const image = await example();
  // The program itself is in /tmp here.
  const setUp = `mount --bind '${unpacked}' /opt; mount --bind /tmp /tmp; mount -o remount,bind,noexec /tmp`;
  const env = { HOME: slipway.own, PATH: `/opt/bin:${slipway.bin}` };
  expect((await slipway.run(["version"], { HOME: slipway.own }, setUp)).code).toBe(126);
  expect(await slipway.run(image.args, env, setUp)).toMatchObject({ code: 0 });
  expect(await outputOf(image.name)).toBe("built\n");
});

test("a machine with another C library, or an old glibc, is refused", async () => {
  const machine = await tempDir();
  for (const folder of ["bin", "usr/bin", "opt", "lib64", "lib/x86_64-linux-gnu"])
    await mkdir(join(machine, folder), { recursive: true });
  await copyFile(programPath("busybox"), join(machine, "bin/busybox"));
  for (const name of ["bin/sh", "usr/bin/env"]) await symlink("/bin/busybox", join(machine, name));
  const version = async () => {
    const script =
      'mount --bind "$1" "$2/opt"; exec chroot "$2" /usr/bin/env PATH=/bin /opt/bin/slipway version';
    const { code, stderr } = await run("unshare", ["--mount", "sh", "-euc", script, "sh", unpacked, machine]);
    expect(code).toBe(1);
    return stderr;
  };
  const needs = "slipway: it needs glibc 2.28 or later. This machine has";
  expect(await version()).toBe(`${needs} another C library.\n`);
  // What Debian 9 has: it is in no mirror any more.
  await writeFile(join(machine, "lib64/ld-linux-x86-64.so.2"), "");
  await writeFile(join(machine, "lib/x86_64-linux-gnu/libc-2.24.so"), "");
  expect(await version()).toBe(`${needs} /lib/x86_64-linux-gnu/libc-2.24.so.\n`);
});

test("a truncated or changed archive is reported by SHA256SUMS", async () => {
  const [folder, made] = [await tempDir(), await packages()];
  const archive = basename(unpacked);
  const bytes = await readFile(join(made, `${archive}.tar.gz`));
  const sums = await readFile(join(made, "SHA256SUMS"), "utf8");
  const check = async (content: Buffer) => {
    await writeFile(join(folder, `${archive}.tar.gz`), content);
    return run("sha256sum", ["--check", "--ignore-missing"], { cwd: folder, input: sums });
  };
  const failed = { code: 1, stdout: `${archive}.tar.gz: FAILED\n` };
  expect(await check(bytes.subarray(0, bytes.length / 2))).toMatchObject(failed);
  const changed = Buffer.from(bytes);
  changed[1000]! ^= 1;
  expect(await check(changed)).toMatchObject(failed);
  expect(await check(bytes)).toMatchObject({ code: 0 });
});

test("a link named docker-slipway is a plugin of docker's CLI", async () => {
  const slipway = await install();
  const plugins = join(slipway.own, "cli-plugins");
  await mkdir(plugins);
  await symlink(join(unpacked, "bin/slipway"), join(plugins, "docker-slipway"));
  const env = { PATH: slipway.bin, HOME: slipway.own, DOCKER_CONFIG: slipway.own };
  expect((await must(programPath("docker"), ["slipway", "version"], { env })).stdout).toMatch(/^slipway v/);
});

test("a runtime with another hash is refused", async () => {
  await expect(runtimeEntries({ ...runtime, integrity: "sha512-other" })).rejects.toThrow(
    `has the integrity ${runtime.integrity} instead of sha512-other`,
  );
});
