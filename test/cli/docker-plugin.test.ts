import { randomUUID } from "node:crypto";
import { chmod, lstat, mkdir, readdir, readFile, readlink, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { buildxVersion } from "../../src/cli/print-version.js";
import { pythonDriver } from "../example-drivers/examples.js";
import { contextOf } from "../host/build.js";
import { cli, startHost, type TestHost } from "../host/host.js";
import { baseImageName, lab, pidsOf, run, tempDir, until } from "../lab/index.js";
import { programPath } from "../lab/path.js";
import { userEnvironment } from "./slipway.js";

/** A user with a folder of docker's configuration, and docker's own CLI. Only some commands need the host. */
async function user(host?: TestHost) {
  const home = host?.folder ?? (await tempDir());
  const config = join(home, "docker config");
  const env = {
    ...(host ? userEnvironment(host, "engine20") : { PATH: process.env.PATH!, HOME: home }),
    DOCKER_CONFIG: config,
  };
  return {
    config,
    folder: join(config, "cli-plugins"),
    slipway: (...args: string[]) => run(process.execPath, [cli, ...args], { env, timeout: 180_000 }),
    docker: (...args: string[]) => run(programPath("docker"), args, { env, timeout: 180_000 }),
  };
}

/** What the folder has: for links their targets, and for files their texts. */
async function contentOf(folder: string): Promise<Record<string, string>> {
  const names = await readdir(folder);
  const entries = names.map(async (name) => {
    const path = join(folder, name);
    const stats = await lstat(path);
    if (stats.isDirectory()) return [name, "folder"];
    return [
      name,
      stats.isSymbolicLink() ? `-> ${await readlink(path)}` : `${stats.mode} ${await readFile(path, "utf8")}`,
    ];
  });
  return Object.fromEntries(await Promise.all(entries));
}

test("docker build, docker buildx and docker builder prune go through a host with a driver in Python", async () => {
  const me = await user(await startHost({ plugins: [await pythonDriver()] }));
  expect(await me.slipway("docker-plugin", "install", "--as-buildx")).toMatchObject({ code: 0 });
  const shown = await me.docker("buildx", "version");
  expect(shown.stdout).toMatch(`github.com/docker/buildx v${buildxVersion} slipway-v`);
  // Which is the version that other tests compare with.
  expect((await run(lab().buildx, ["version"])).stdout).toContain(`v${buildxVersion} `);

  const node = ["--driver-opt", `members=${lab().buildkitd.address}`];
  const created = await me.docker("buildx", "create", "--name", "farm", "--driver", "pool", ...node);
  expect(created).toMatchObject({ code: 0, stdout: "farm\n" });
  const id = randomUUID();
  const Dockerfile = `FROM ${lab().registry.baseImage}\nRUN echo built by ${id}\n`;
  const context = await contextOf({ Dockerfile });
  const built = await me.docker("build", "--builder", "farm", "--progress", "plain", context);
  expect(built).toMatchObject({ code: 0 });
  expect(built.stderr).toContain(`built by ${id}`);
  const builds = (await me.slipway("builds", "ls", "--format", "json")).stdout;
  expect(JSON.parse(builds.split("\n")[0]!)).toMatchObject({ Builder: "farm" });

  const failed = await me.docker(
    "build",
    "--builder",
    "farm",
    await contextOf({ Dockerfile: "FROM scratch\nCOPY no /" }),
  );
  expect(failed.code).toBe(1);
  expect(failed.stderr).toContain("ERROR: failed to build: failed to solve:");
  const pruned = await me.docker(
    "builder",
    "prune",
    "--force",
    "--builder",
    "farm",
    "--keep-storage",
    "100gb",
  );
  expect(pruned).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Total:\t/m) });
  expect((await me.docker("slipway", "ls")).stdout).toMatch(/^farm/m);
});

test("a signal to docker's CLI cancels the build", async () => {
  const me = await user(await startHost());
  await me.slipway("docker-plugin", "install", "--as-buildx");
  const id = randomUUID();
  const context = await contextOf({
    Dockerfile: `FROM ${baseImageName}\nRUN echo ${id} && while true; do sleep 1; done\n`,
  });
  const building = me.docker("build", "--progress", "plain", context);
  await until("the step to run", async () => (await pidsOf("while true", id)).length > 0);
  for (const pid of await pidsOf("buildx", "build", context)) process.kill(pid, "SIGINT");
  expect((await building).code).toBe(130);
});

test("uninstall restores exactly what was there before", async () => {
  const me = await user();
  await mkdir(me.folder, { recursive: true });
  await writeFile(join(me.folder, "docker-buildx"), "#!/bin/sh\necho mine\n");
  await chmod(join(me.folder, "docker-buildx"), 0o750);
  await symlink("/opt/earlier/slipway", join(me.folder, "docker-slipway"));
  await writeFile(
    join(me.config, "config.json"),
    '{\n\t"auths": {},\n\t"aliases": {\n\t\t"builder": "other"\n\t}\n}',
  );
  const before = [await contentOf(me.folder), await readFile(join(me.config, "config.json"), "utf8")];

  for (let time = 0; time < 2; time++)
    expect(await me.slipway("docker-plugin", "install", "--as-buildx")).toMatchObject({
      code: 0,
      stderr: "",
    });
  expect(await contentOf(me.folder)).toMatchObject({
    "docker-buildx": `-> ${cli}`,
    "docker-slipway": `-> ${cli}`,
  });
  expect((await me.slipway("docker-plugin")).stdout.match(/this program/g)).toHaveLength(2);
  expect(await me.slipway("docker-plugin", "uninstall")).toMatchObject({ code: 0, stderr: "" });
  expect([await contentOf(me.folder), await readFile(join(me.config, "config.json"), "utf8")]).toEqual(
    before,
  );
  expect((await me.slipway("docker-plugin", "uninstall")).stdout).toBe(
    "Docker's plugins are not linked to Slipway.\n",
  );
});

test("uninstall leaves nothing behind where there was nothing", async () => {
  const me = await user();
  expect(await me.slipway("docker-plugin", "install", "--as-buildx")).toMatchObject({ code: 0 });
  expect(JSON.parse(await readFile(join(me.config, "config.json"), "utf8"))).toEqual({
    aliases: { builder: "buildx" },
  });
  expect(await me.slipway("docker-plugin", "uninstall")).toMatchObject({ code: 0 });
  expect(await contentOf(me.config)).toEqual({});
});

test("install and uninstall, which buildx hides, set and remove docker's alias as it does", async () => {
  const earlier = '{"auths":{},"aliases":{"builder":"other","b":"buildx"}}';
  const states = async (program: string[]) => {
    const me = await user();
    const config = join(me.config, "config.json");
    const change = async (command: string) => {
      const { code, stdout, stderr } = await run(program[0]!, [...program.slice(1), command], {
        env: { PATH: process.env.PATH!, HOME: me.config, DOCKER_CONFIG: me.config },
      });
      expect(stderr).toMatch(/ deprecated/);
      const { aliases } = JSON.parse(await readFile(config, "utf8").catch(() => "{}"));
      return [code, stdout, aliases];
    };
    const fresh = [await change("uninstall"), await change("install"), await change("uninstall")];
    await writeFile(config, earlier);
    return {
      fresh,
      alias: await change("uninstall"),
      again: [await change("install"), await change("uninstall")],
    };
  };
  const ours = await states([process.execPath, cli]);
  const theirs = await states([lab().buildx]);
  expect([ours.fresh, ours.again]).toEqual([theirs.fresh, theirs.again]);
  expect(ours.again[0]).toEqual([0, "", { builder: "buildx", b: "buildx" }]);
  // It was not buildx that set it.
  expect(ours.alias).toEqual([0, "", { builder: "other", b: "buildx" }]);
});

test("uninstall refuses to remove a program that took the link's place", async () => {
  const me = await user();
  await mkdir(me.folder, { recursive: true });
  const buildx = join(me.folder, "docker-buildx");
  await writeFile(buildx, "first");
  await me.slipway("docker-plugin", "install", "--as-buildx");
  await run("rm", [buildx]);
  await writeFile(buildx, "second");
  for (const args of [["uninstall"], ["install", "--as-buildx"]]) {
    const refused = await me.slipway("docker-plugin", ...args);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(`ERROR: ${buildx} is another program than was installed`);
    expect(refused.stderr).toContain("HINT: Remove the one that you do not need");
  }
  const texts = Object.values(await contentOf(me.folder)).map((text) => text.split(" ").at(-1));
  expect(texts).toEqual(expect.arrayContaining(["first", "second"]));
  await run("rm", [buildx]);
  expect(await me.slipway("docker-plugin", "uninstall")).toMatchObject({ code: 0 });
  expect(await readFile(buildx, "utf8")).toBe("first");
});

test("install says what to do when docker's folder cannot be changed", async () => {
  const me = await user();
  await writeFile(me.config, "not a folder");
  const refused = await me.slipway("docker-plugin", "install");
  expect(refused).toMatchObject({ code: 1 });
  expect(refused.stderr).toMatch(
    /^ERROR: Docker's folder .* cannot be changed: .*\nHINT: Choose another folder/,
  );
});
