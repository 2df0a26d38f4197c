import { lstat, readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { lab, pidsOf } from "../lab/index.js";
import { buildkit } from "../lab/recipes/buildkit.js";
import { goDriver } from "./examples.js";
import { type OrdinaryUser, type OrdinaryUserOptions, ordinaryUser } from "./ordinary-user.js";

let folders: Record<string, string>;
beforeAll(async () => {
  folders = {
    slipway: join(import.meta.dirname, "../.."),
    node: process.execPath,
    programs: process.env.PATH!,
    buildkit: await buildkit(),
    process: await goDriver(),
  };
}, 600_000);

/** A user with Slipway, the installed plugin, and a folder to build, and the CLI, which starts the user's host. */
async function start(limits: Pick<OrdinaryUserOptions, "withoutSubordinateIds" | "hidesProc"> = {}) {
  const environment = {
    PATH: "/srv/buildkit:/srv/programs",
    // A session has this folder, but the daemon must not need it.
    XDG_RUNTIME_DIR: "/srv/home/session",
  };
  const user = await ordinaryUser({ folders, environment, ...limits });
  const cli = (...args: string[]) => user.run("/srv/node", ["/srv/slipway/dist/cli.cjs", ...args]);
  const slipway = async (...args: string[]) => {
    const { code, stdout, stderr } = await cli(...args);
    if (code !== 0) throw new Error(`slipway ${args.join(" ")} exited with ${code}:\n${stderr}`);
    return { stdout, stderr };
  };
  const dockerfile = `FROM ${lab().registry.baseImage}\nRUN id -u > /who && touch /foreign && chown 65534:65534 /foreign\n`;
  await user.run("mkdir", ["-m", "700", "session", "app"]);
  await user.run("sh", ["-c", 'printf %s "$1" > app/Dockerfile', "sh", dockerfile]);
  await slipway("plugins", "install", "/srv/process");
  await slipway("create", "--name", "mine", "--driver", "process", "--use");
  return { user, cli, slipway, state: join(user.home, ".local/state/slipway/process") };
}

const daemon = `--config=/srv/home/.local/state/slipway/process/mine0/etc/buildkitd.toml`;

/** The first of the daemon's processes; all of them must belong to the user. */
async function daemonOf(user: OrdinaryUser): Promise<number | undefined> {
  const pids = (await pidsOf(daemon)).sort((a, b) => a - b);
  for (const pid of pids) expect((await stat(`/proc/${pid}`)).uid).toBe(user.id);
  return pids[0];
}

test("an ordinary user builds, changes, stops and removes in a user namespace", async () => {
  const { user, slipway, state } = await start();
  const build = () => slipway("build", "--progress=plain", "--output=type=local,dest=out", "app");

  await build();
  // Root in the namespace, and not outside.
  expect(await readFile(join(user.home, "out/who"), "utf8")).toBe("0\n");
  const pid = await daemonOf(user);
  const { stdout: running } = await slipway("inspect", "mine");
  expect(running).toMatch(/^Status: +running$/m);
  expect(running).toContain(`rootless buildkitd, process ${pid}`);
  expect(running).toMatch(/worker\.snapshotter: +overlayfs/);
  const cacheFiles = await ownersIn(join(state, "mine0/root"));
  expect([...cacheFiles].some((owner) => owner !== user.id)).toBe(true);

  await slipway("create", "--name=mine", "--node=mine0", "--driver-opt=snapshotter=native");
  expect((await build()).stderr).toContain("stopping buildkitd for changed settings: options[snapshotter]");
  expect(await daemonOf(user)).not.toBe(pid);
  expect((await slipway("inspect", "mine")).stdout).toMatch(/worker\.snapshotter: +native/);

  await slipway("stop", "mine");
  expect(await daemonOf(user)).toBeUndefined();
  expect((await build()).stderr).toMatch(/^#\d+ CACHED$/m);

  await slipway("rm", "--keep-state", "mine");
  expect(await readdir(join(state, "mine0"))).toEqual(["root"]);
  await slipway("create", "--name=mine", "--driver=process", "--driver-opt=snapshotter=native", "--use");
  expect((await build()).stderr).toMatch(/^#\d+ CACHED$/m);

  await slipway("rm", "mine");
  expect(await daemonOf(user)).toBeUndefined();
  expect(await readdir(state)).toEqual([]);
});

test("builds with fuse-overlayfs where /proc cannot be mounted", async () => {
  const { cli, slipway } = await start({ hidesProc: true });
  const build = ["build", "--progress=plain", "--output=type=local,dest=out", "app"];
  const { code, stderr } = await cli(...build);
  expect([code, stderr]).toEqual([1, expect.stringMatching(/mounting "proc".*operation not permitted/)]);
  await slipway(
    ...["create", "--name=mine", "--node=mine0", "--driver-opt=snapshotter=fuse-overlayfs"],
    "--buildkitd-flags=--oci-worker-no-process-sandbox",
  );
  await slipway(...build);
  const { stdout } = await slipway("inspect", "mine");
  expect(stdout).toMatch(/process-mode: +no-sandbox/);
  expect(stdout).toMatch(/worker\.snapshotter: +fuse-overlayfs/);
  await slipway("rm", "mine");
});

test("reports missing subordinate ids", async () => {
  const { cli, slipway, state } = await start({ withoutSubordinateIds: true });
  const { code, stderr } = await cli("build", "--output=type=local,dest=out", "app");
  expect(code).toBe(1);
  expect(stderr).toMatch(/The daemon did not start: .*No subuid ranges found for user/s);
  expect(stderr).toContain("ranges in /etc/subuid and /etc/subgid");
  await slipway("rm", "mine");
  expect(await readdir(state)).toEqual([]);
});

/** The owners of all files below a folder. */
async function ownersIn(folder: string): Promise<Set<number>> {
  const owners = new Set<number>();
  for (const entry of await readdir(folder, { recursive: true }))
    owners.add((await lstat(join(folder, entry))).uid);
  return owners;
}
