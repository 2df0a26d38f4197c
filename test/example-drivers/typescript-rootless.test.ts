import { existsSync } from "node:fs";
import { chmod, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { lab, must, tempDir } from "../lab/index.js";
import { typescriptDriver } from "./examples.js";
import { ordinaryUser } from "./ordinary-user.js";

let plugin: string;
beforeAll(async () => {
  plugin = await typescriptDriver();
}, 600_000);

test("an ordinary user installs the plugin from npm's archive, builds, and removes everything", async () => {
  const archives = await tempDir();
  await chmod(archives, 0o755);
  const { stdout: archive } = await must("npm", ["pack", "--silent", "--pack-destination", archives], {
    cwd: plugin,
  });
  const user = await ordinaryUser({
    folders: {
      slipway: join(import.meta.dirname, "../.."),
      node: process.execPath,
      programs: process.env.PATH!,
      archives,
    },
    environment: { PATH: "/srv/programs", XDG_RUNTIME_DIR: "/srv/home/session" },
  });
  const slipway = async (...args: string[]) => {
    const { code, stdout, stderr } = await user.run("/srv/node", ["/srv/slipway/dist/cli.cjs", ...args]);
    if (code !== 0) throw new Error(`slipway ${args.join(" ")} exited with ${code}:\n${stderr}`);
    return { stdout, stderr };
  };
  const dockerfile = [
    `FROM ${lab().registry.baseImage}`,
    "RUN --mount=type=secret,id=token mount | grep secrets/token; id -u > /who; cp /run/secrets/token /token",
    "RUN touch /foreign && chown 65534:65534 /foreign",
  ].join("\n");
  await user.run("mkdir", ["-m", "700", "session", "app"]);
  await user.run("sh", ["-c", 'printf %s "$1" > app/Dockerfile', "sh", dockerfile]);
  await slipway("plugins", "install", `/srv/archives/${archive.trim()}`);
  const options = `insecure-registries=${lab().registry.host}`;
  await slipway("create", "--name=mine", "--driver=buildah", `--driver-opt=${options}`, "--use");

  // Test machines may not have /dev/net/tun, which a network for users needs.
  const flags = ["--progress=plain", "--network=host", "--secret=id=token,src=app/Dockerfile"];
  const built = await slipway("build", ...flags, "--output=type=local,dest=out", "app");
  expect(await readFile(join(user.home, "out/who"), "utf8")).toBe("0\n");
  expect(await readFile(join(user.home, "out/token"), "utf8")).toBe(dockerfile);
  expect(built.stderr).toMatch(/slipway on \/run\/secrets\/token type tmpfs/);
  // Not in Buildah's default folder of a user's images.
  expect(existsSync(join(user.home, ".local/share/containers/storage"))).toBe(false);
  const again = await slipway("build", ...flags, "--output=type=local,dest=out", "app");
  expect(again.stderr).toMatch(/^#\d+ CACHED$/m);

  await slipway("rm", "mine");
  expect(await readdir(join(user.home, ".local/state/slipway/buildah"))).toEqual([]);
});
