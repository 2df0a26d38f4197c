import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { contextOf } from "../host/build.js";
import { baseImageName, lab, must, pidsOf, run, tempDir, until } from "../lab/index.js";
import { packages } from "./packages.js";

let archive: string;
beforeAll(async () => {
  archive = join(await packages(), `slipway-${manifest.version}-linux-x64.tar.gz`);
}, 900_000);

/** The program of the archive, with another version. */
async function programOf(version: string, folder: string): Promise<string> {
  await mkdir(folder);
  await must("tar", ["-xzf", archive, "-C", folder, "--strip-components=1"]);
  await writeFile(join(folder, "package.json"), JSON.stringify({ ...manifest, version }));
  // The version is in the bundles, too.
  const inBundle = new RegExp(`(["\`])${manifest.version.replaceAll(".", "\\.")}\\1`, "g");
  const { stdout } = await must("grep", ["-rlF", manifest.version, join(folder, "dist")]);
  for (const file of stdout.trimEnd().split("\n"))
    await writeFile(file, (await readFile(file, "utf8")).replace(inBundle, JSON.stringify(version)));
  return join(folder, "bin/slipway");
}

test("a newer command uses the host that runs, and follows it with its own once that is idle", async () => {
  const folder = await tempDir();
  const runtimeDir = join(folder, "run");
  await mkdir(runtimeDir, { mode: 0o700 });
  const older = await programOf("0.0.7", join(folder, "older"));
  const newer = await programOf("99.0.0", join(folder, "newer"));
  const env = {
    PATH: process.env.PATH!,
    HOME: folder,
    XDG_RUNTIME_DIR: runtimeDir,
    DOCKER_HOST: lab().engine29.host,
  };
  const slipway = (program: string, ...args: string[]) => run(program, args, { env, timeout: 180_000 });
  const hosts = () => pidsOf("serve", runtimeDir);
  onTestFinished(async () => {
    for (const pid of await hosts()) process.kill(pid);
    await until("the hosts to end", async () => (await hosts()).length === 0);
  });
  const log = () => readFile(join(folder, ".local/state/slipway/host.log"), "utf8");

  expect(
    await slipway(older, "create", "--name", "kept", "--driver", "remote", "tcp://127.0.0.1:9"),
  ).toMatchObject({ code: 0 });
  const [first] = await hosts();
  // It works with a host of an older version, which stays while it has work.
  const context = await contextOf({ Dockerfile: `FROM ${baseImageName}\nRUN echo ${randomUUID()}\n` });
  expect(await slipway(newer, "build", "--builder", "default", context)).toMatchObject({ code: 0 });
  expect(await hosts()).toEqual([first]);
  await until("the older host to end", async () => (await hosts()).length === 0);
  expect(await log()).toContain("the newer client slipway-cli 99.0.0 called it");

  // The state of the older one is the newer one's, and the other way round: their format is the same.
  expect((await slipway(newer, "ls")).stdout).toMatch(/^kept/m);
  const [second] = await hosts();
  expect((await slipway(older, "inspect", "kept")).stdout).toMatch(/^Name: +kept$/m);
  expect(await hosts()).toEqual([second]);
  expect((await log()).match(/called it/g)).toHaveLength(1);

  // A host does not outlive its files, here replaced in place.
  await rename(join(folder, "newer"), join(folder, "away"));
  await rename(join(folder, "older"), join(folder, "newer"));
  await until("the host without its files to end", async () => (await hosts()).length === 0);
  expect(await log()).toContain("its files were removed or replaced");
  expect((await slipway(newer, "ls")).stdout).toMatch(/^kept/m);
  await rm(join(folder, "away"), { recursive: true });
});
