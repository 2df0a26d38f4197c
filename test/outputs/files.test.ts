import { randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, readlink, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { contextOf, withoutBuilds } from "../host/build.js";
import { shareHost } from "../host/host.js";
import { lab, must, tempDir } from "../lab/index.js";
import { errorOf, type User, userOf } from "./harness.js";

let user: User;
let context: string;
let out: string;
const host = shareHost();
beforeAll(async () => {
  user = await userOf(host());
});
beforeEach(async () => {
  context = await contextOf({
    Dockerfile: `FROM ${lab().registry.baseImage}\nCOPY dir /dir\n`,
    "dir/id": randomUUID(),
    'dir/ünïcode, "quoted"': "text",
  });
  out = await tempDir();
});

const filesOnly = ["FROM scratch", "COPY dir /dir", ""].join("\n");

async function build(...args: string[]): Promise<void> {
  const { code, stderr } = await user.slipway(["build", ...args, context], { cwd: out });
  expect(code, stderr).toBe(0);
}

const inspect = async (source: string) => JSON.parse((await must("skopeo", ["inspect", source])).stdout);

describe("image archives are read by skopeo and umoci", () => {
  test("an OCI archive with its names", async () => {
    await build("-t", "outputs.test/a:1", "-t", "outputs.test/a:2", "-o", "type=oci,dest=image.tar");
    expect(await inspect(`oci-archive:${join(out, "image.tar")}:1`)).toMatchObject({ Architecture: "amd64" });
    expect(await inspect(`oci-archive:${join(out, "image.tar")}:2`)).toMatchObject({ Os: "linux" });
  });

  test("an OCI layout in a folder, extended by a second build", async () => {
    await build("-t", "outputs.test/a:1", "--provenance=false", "-o", "type=oci,tar=false,dest=layout");
    await build("-t", "outputs.test/a:2", "--provenance=false", "-o", "type=oci,tar=false,dest=layout");
    const layout = join(out, "layout");
    expect(
      (await must("umoci", ["list", "--layout", layout])).stdout.split("\n").filter(Boolean).sort(),
    ).toEqual(["1", "2"]);
    const bundle = join(out, "bundle");
    await must("umoci", ["raw", "unpack", "--image", `${layout}:1`, bundle]);
    expect(await readFile(join(bundle, "dir/id"), "utf8")).toBe(
      await readFile(join(context, "dir/id"), "utf8"),
    );
  });

  test("an index of two platforms with attestations", async () => {
    await build(
      "--platform",
      "linux/amd64,linux/arm64",
      "--provenance=mode=max",
      "-o",
      "type=oci,dest=image.tar",
    );
    const { stdout } = await must("skopeo", ["inspect", "--raw", `oci-archive:${join(out, "image.tar")}`]);
    const platforms = JSON.parse(stdout).manifests.map(
      (entry: { platform: { architecture: string } }) => entry.platform.architecture,
    );
    expect(platforms.sort()).toEqual(["amd64", "arm64", "unknown", "unknown"]);
  });

  test("a docker archive that a Docker Engine loads", async () => {
    const name = `outputs.test/docker:${randomUUID()}`;
    await build("-t", name, "-o", "type=docker,dest=image.tar");
    for (const engine of ["engine20", "engine29"] as const) {
      const env = { ...process.env, DOCKER_HOST: lab()[engine].host };
      const { stdout } = await must("docker", ["load", "--input", join(out, "image.tar")], { env });
      expect(stdout).toContain(name);
      const read = await must("docker", ["run", "--rm", "--network=none", name, "cat", "/dir/id"], { env });
      expect(read.stdout).toBe(await readFile(join(context, "dir/id"), "utf8"));
      await must("docker", ["image", "rm", name], { env });
    }
  });
});

describe("files", () => {
  beforeEach(() => writeFile(join(context, "Dockerfile"), filesOnly));

  test("a folder, with a comma in its name", async () => {
    await build("-o", '"type=local","dest=a,b"');
    expect((await readdir(join(out, "a,b/dir"))).sort()).toEqual(["id", 'ünïcode, "quoted"']);
  });

  test("a tar in a file, and on stdout", async () => {
    await build("-o", "type=tar,dest=out.tar");
    expect((await must("tar", ["-tf", join(out, "out.tar"), "--quoting-style=literal"])).stdout).toContain(
      'dir/ünïcode, "quoted"',
    );
    const { stdout } = await user.slipway(["build", "-o", "-", context]);
    expect((await must("tar", ["-xO", "dir/id"], { input: stdout })).stdout).toBe(
      await readFile(join(context, "dir/id"), "utf8"),
    );
  });

  test("a folder for each platform, or for one with platform-split", async () => {
    const platforms = ["--platform", "linux/amd64,linux/arm64"];
    await build(...platforms, "-o", "split");
    expect((await readdir(join(out, "split"))).sort()).toEqual(["linux_amd64", "linux_arm64"]);
    await build("--platform", "linux/arm64", "-o", "type=local,dest=one,platform-split=true");
    expect(await readdir(join(out, "one"))).toEqual(["linux_arm64"]);
    await build(...platforms, "-o", "type=tar,dest=split.tar");
    expect((await must("tar", ["-tf", join(out, "split.tar")])).stdout).toContain("linux_arm64/dir/id");
  });

  test("existing files stay, unless the folder is mirrored", async () => {
    const folder = join(out, "folder");
    await mkdir(join(folder, "dir"), { recursive: true });
    await writeFile(join(folder, "dir/old"), "");
    await build("-o", "type=local,dest=folder,mode=copy");
    expect((await readdir(join(folder, "dir"))).sort()).toEqual(["id", "old", 'ünïcode, "quoted"']);
    await build("-o", "type=local,dest=folder,mode=delete");
    expect((await readdir(join(folder, "dir"))).sort()).toEqual(["id", 'ünïcode, "quoted"']);
    const args = ["build", "-o", `type=local,dest=${folder},mode=delete`, context];
    const refused = [errorOf(await user.slipway(args)), errorOf(await user.buildx(args))];
    expect(refused[1]).toContain(refused[0]);
    expect((await user.slipway([...args, "--allow=buildx.local.delete"])).code).toBe(0);
  });

  test("a folder behind a link of an earlier output is mirrored only if that is allowed", async () => {
    const outside = await contextOf({ kept: "" });
    await symlink(outside, join(context, "dir/link"));
    await build("-o", "folder");
    const link = join(out, "folder/dir/link");
    expect(await readlink(link)).toBe(outside);
    const args = ["build", "-o", `type=local,dest=${link},mode=delete`, context];
    const [ours, theirs] = [await user.slipway(args, { cwd: out }), await user.buildx(args, { cwd: out })];
    expect([ours.code, theirs.code]).toEqual([1, 1]);
    expect(errorOf(theirs)).toContain(errorOf(ours));
    expect(await readdir(outside)).toEqual(["kept"]);
    await build("-o", `type=local,dest=${link},mode=delete`, "--allow=buildx.local.delete");
    expect(await readdir(outside)).toEqual(["dir"]);
  });

  test("several outputs of one build", async () => {
    await build(
      "-o",
      "folder",
      "-o",
      "type=tar,dest=out.tar",
      "-o",
      "type=oci,dest=oci.tar",
      "-o",
      "type=cacheonly",
    );
    expect((await readdir(out)).sort()).toEqual(["folder", "oci.tar", "out.tar"]);
    expect((await inspect(`oci-archive:${join(out, "oci.tar")}`)).Layers).toHaveLength(1);
  });

  test("attestations beside the files", async () => {
    await build("--provenance=mode=max", "-o", "type=local,dest=folder,attestation-prefix=x-");
    const provenance = JSON.parse(await readFile(join(out, "folder/x-provenance.json"), "utf8"));
    expect(provenance.predicateType).toBe("https://slsa.dev/provenance/v1");
  });
});

test("an unknown attribute is passed on with a warning", async () => {
  const output = "type=oci,dest=image.tar,compresion=zstd";
  const { code, stderr } = await user.slipway(["build", "--progress=plain", "-o", output, context], {
    cwd: out,
  });
  expect([code, await readdir(out)]).toEqual([0, ["image.tar"]]);
  expect(stderr).toContain(
    'WARNING: Unknown attribute "compresion", which BuildKit may ignore. Did you mean "compression"?',
  );
});

const refusals: [string[], string][] = [
  [["-o", "type=docker,dest=x.tar", "--platform", "linux/amd64,linux/arm64"], "manifest lists"],
  [["-o", "type=docker,dest=x.tar", "--provenance=mode=max"], "manifest lists"],
  [["-o", "type=local"], "dest is required for local exporter"],
  [["-o", "type=local,dest=-"], "dest cannot be stdout for local exporter"],
  [["-o", "type=image,push=true"], "tag is needed when pushing to registry"],
  [["-o", "type=tar,dest=."], "destination file . is a directory"],
  [["-o", "-", "-o", "type=oci"], "multiple outputs configured to write to stdout"],
  [["-o", "type=local,dest=x,mode=move"], "mode"],
];

test("impossible outputs are refused in buildx's words, before any work", async () => {
  await withoutBuilds(user.host, async () => {
    for (const [flags, message] of refusals) {
      const args = ["build", ...flags, context];
      const [ours, theirs] = [await user.slipway(args, { cwd: out }), await user.buildx(args, { cwd: out })];
      expect([ours.code, theirs.code], flags.join(" ")).toEqual([1, 1]);
      expect(errorOf(ours)).toContain(message);
      expect(errorOf(theirs)).toContain(message);
    }
  });
  expect(await readdir(out)).toEqual([]);
});
