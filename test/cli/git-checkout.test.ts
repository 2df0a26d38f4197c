import { randomUUID } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { contextOf } from "../host/build.js";
import { startHost } from "../host/host.js";
import { lab, must, tempDir } from "../lab/index.js";
import { slipwayOf } from "./slipway.js";

it("records the git checkout of a context as buildx does", async () => {
  const host = await startHost();
  const builder = `checkout-${randomUUID()}`;
  const endpoint = lab().buildkitd.address;
  await host.builders.createBuilder({ name: builder, driver: "remote", node: { endpoint } });
  const folder = await tempDir();
  const plain = {
    HOME: folder,
    DOCKER_CONFIG: "",
    BUILDX_CONFIG: join(folder, "bx"),
    PATH: process.env.PATH,
  };
  await must(lab().buildx, ["create", "--name", builder, "--driver", "remote", endpoint], { env: plain });
  const checkout = await contextOf({
    "app/Dockerfile": "FROM scratch\n",
    "sub/my.Dockerfile": "FROM scratch\n",
    "lib/file": "",
    ".gitignore": "ignored\n",
  });
  const git = (...args: string[]) =>
    must("git", ["-c", "user.name=t", "-c", "user.email=t@t", "-C", checkout, ...args]);
  await git("init", "-q");
  await git("remote", "add", "upstream", "https://example.com/user/repo.git");
  const slipway = slipwayOf(host);

  const attributesOf = async (name: string, start: (args: string[]) => Promise<unknown>, args: string[]) => {
    const file = join(folder, `${name}.json`);
    await start(["build", "--builder", builder, "--metadata-file", file, ...args]);
    const ref = JSON.parse(await readFile(file, "utf8"))
      ["buildx.build.ref"].split("/")
      .at(-1);
    const { record } = await host.history.getHistoryRecord({ builder, ref });
    return Object.fromEntries(
      Object.entries(record!.frontendAttributes).filter(([key]) => /^(vcs|label):/.test(key)),
    );
  };
  const both = async (more: Record<string, string>, ...args: string[]) => {
    const env = { ...plain, ...more };
    const options = { env, cwd: checkout };
    const ours = await attributesOf(
      "ours",
      async (rest) => {
        const { code, stderr } = await slipway(rest, options);
        expect([code, stderr]).toEqual([0, expect.not.stringContaining("commit of its context")]);
      },
      args,
    );
    expect(ours).toEqual(await attributesOf("theirs", (rest) => must(lab().buildx, rest, options), args));
    return ours;
  };

  // Without a commit.
  expect(await both({}, "app")).toEqual({
    "vcs:source": "https://example.com/user/repo.git",
    "vcs:localdir:context": "app",
    "vcs:localdir:dockerfile": "app",
  });
  await git("add", ".");
  await git("commit", "-qm", "first");
  const commit = (await git("rev-parse", "HEAD")).stdout.trim();
  await writeFile(join(checkout, "ignored"), "");
  const named = ["-f", "sub/my.Dockerfile", "--build-context", "lib=lib", "--build-context", "out=/tmp"];
  const dirty = { BUILDX_GIT_LABELS: "1", BUILDX_GIT_CHECK_DIRTY: "true" };
  expect(await both(dirty, ...named, ".")).toEqual({
    "vcs:source": "https://example.com/user/repo.git",
    "vcs:revision": `${commit}-dirty`,
    "vcs:localdir:context": ".",
    "vcs:localdir:dockerfile": "sub",
    "vcs:localdir:lib": "lib",
    "label:org.opencontainers.image.source": "https://example.com/user/repo.git",
    "label:org.opencontainers.image.revision": `${commit}-dirty`,
    "label:com.docker.image.source.entrypoint": "sub/my.Dockerfile",
  });
  expect(await both({ BUILDX_GIT_INFO: "0" }, "app")).toEqual({});

  // What buildx lacks: the credentials of a remote are recorded nowhere, and a broken checkout does not stop a build.
  await git("remote", "add", "origin", "https://user:token@example.com/user/repo.git");
  const build = (...args: string[]) =>
    slipway(["build", "--builder", builder, ...args], { env: plain, cwd: checkout });
  const ours = await attributesOf("hidden", (rest) => slipway(rest, { env: plain, cwd: checkout }), ["app"]);
  expect(ours["vcs:source"]).toBe("https://example.com/user/repo.git");
  await mkdir(join(checkout, "app/.git"));
  await writeFile(join(checkout, "app/.git/HEAD"), "broken");
  await git("config", "core.worktree", "/nowhere");
  const { code, stderr } = await build("app");
  expect([code, stderr]).toEqual([0, expect.stringContaining("does not record the commit of its context")]);
});
