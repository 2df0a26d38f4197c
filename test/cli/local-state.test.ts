import { randomUUID } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { contextOf } from "../host/build.js";
import { startHost } from "../host/host.js";
import { lab, must, tempDir } from "../lab/index.js";
import { slipwayOf } from "./slipway.js";

it("keeps of a build what buildx keeps, so that buildx shows its name, unless that is switched off", async () => {
  const host = await startHost();
  const builder = `state-${randomUUID()}`;
  const endpoint = lab().buildkitd.address;
  await host.builders.createBuilder({ name: builder, driver: "remote", node: { endpoint } });
  const folder = await tempDir();
  const env = { HOME: folder, DOCKER_CONFIG: "", BUILDX_CONFIG: join(folder, "bx") };
  const refs = join(folder, "bx/refs", builder, `${builder}0`);
  const buildx = (...args: string[]) =>
    must(lab().buildx, args, { env: { PATH: process.env.PATH, ...env }, cwd: folder });
  await buildx("create", "--name", builder, "--driver", "remote", "--use", endpoint);
  const context = await contextOf({ Dockerfile: "FROM scratch\n", "sub/my.Dockerfile": "FROM scratch\n" });
  const slipway = slipwayOf(host);
  const build = (more: Record<string, string>, ...args: string[]) =>
    slipway(["--builder", builder, "build", ...args, "."], { env: { ...env, ...more }, cwd: context });

  const forms = [[], ["--file", "sub/my.Dockerfile"]];
  const known = new Set<string>();
  const newState = async () => {
    const added = (await readdir(refs)).filter((name) => !known.has(name));
    expect(added).toHaveLength(1);
    known.add(added[0]!);
    return { ref: added[0]!, state: JSON.parse(await readFile(join(refs, added[0]!), "utf8")) };
  };
  for (const form of forms) {
    expect((await build({}, ...form)).code).toBe(0);
    const ours = await newState();
    await must(lab().buildx, ["build", ...form, "."], {
      env: { PATH: process.env.PATH, ...env },
      cwd: context,
    });
    const theirs = await newState();
    expect(ours.state).toEqual(theirs.state);
    const names = (await buildx("history", "ls", "--no-trunc", "--format", "{{.Ref}}={{.Name}}")).stdout;
    const nameOf = (ref: string) => new RegExp(`^${ref}=(.*)$`, "m").exec(names)?.[1];
    expect(nameOf(ours.ref)).toBe(nameOf(theirs.ref));
    expect(nameOf(ours.ref)).toBeTruthy();
  }

  const definition = { target: { app: { dockerfile: "sub/my.Dockerfile" } } };
  await writeFile(join(context, "docker-bake.json"), JSON.stringify(definition));
  const groups = async () => (await readdir(join(folder, "bx/refs/__group__"))).sort();
  const bake = (args: string[]) => slipway(["--builder", builder, "bake", ...args], { env, cwd: context });
  expect((await bake(["app"])).code).toBe(0);
  const [ourGroup] = await groups();
  const ours = await newState();
  await must(lab().buildx, ["bake", "app"], { env: { PATH: process.env.PATH, ...env }, cwd: context });
  const [theirGroup] = (await groups()).filter((group) => group !== ourGroup);
  const theirs = await newState();
  expect({ ...ours.state, GroupRef: theirGroup }).toEqual(theirs.state);
  const groupOf = async (id: string) =>
    JSON.parse(await readFile(join(folder, "bx/refs/__group__", id), "utf8"));
  expect(await groupOf(ourGroup!)).toEqual({ Targets: ["app"], Refs: [ours.ref] });
  expect(await groupOf(theirGroup!)).toEqual({ Targets: ["app"], Refs: [theirs.ref] });

  expect((await build({ SLIPWAY_NO_LOCAL_STATE: "1" })).code).toBe(0);
  expect((await build({}, "--call", "targets")).code).toBe(0);
  expect((await readdir(refs)).sort()).toEqual([...known].sort());

  expect((await slipway(["rm", builder], { env })).code).toBe(0);
  expect(await readdir(join(folder, "bx/refs"))).not.toContain(builder);
});
