import { randomUUID } from "node:crypto";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { contextOf } from "../host/build.js";
import { baseImageName, lab, must, pidsOf, run, tempDir, until } from "../lab/index.js";
import { destroyState, makeState } from "../lab/state.js";
import { packages } from "./packages.js";

let folder: string;
/** An environment of Python in which the client and the host were installed. */
let venv: string;

beforeAll(async () => {
  folder = await makeState("python-packages");
  venv = join(folder, "Größe 大小/venv");
  await must("python3", ["-m", "venv", venv]);
  const links = ["--find-links", await packages()];
  const pip = ["-m", "pip", "install", "--quiet", "--no-compile", "--only-binary", ":all:", ...links];
  await must(join(venv, "bin/python"), [...pip, "slipway-client[host]"]);
}, 900_000);
afterAll(() => destroyState(folder));

/** Variables of a user who has neither Node.js nor `slipway` in the PATH. Their host ends with the test. */
async function user(variables: Record<string, string>) {
  const home = await tempDir();
  const [bin, runtimeDir] = [join(home, "bin"), join(home, "run")];
  await mkdir(bin);
  await mkdir(runtimeDir, { mode: 0o700 });
  // What the first lines of the program need.
  for (const name of ["sh", "readlink"]) {
    await symlink(join(process.env.PATH!.split(":").at(-1)!, name), join(bin, name));
  }
  onTestFinished(async () => {
    for (const pid of await pidsOf("serve", runtimeDir)) process.kill(pid);
    await until("the host to end", async () => (await pidsOf("serve", runtimeDir)).length === 0);
  });
  return { PATH: bin, HOME: home, XDG_RUNTIME_DIR: runtimeDir, ...variables };
}

const program = `
import sys
from slipway.build.v1.build_spec_pb2 import BuildSpec
from slipway_client import connect

with connect() as client:
    spec = BuildSpec(context=client.local_context(sys.argv[1]), tags=[sys.argv[2]], builder=sys.argv[3])
    result = client.build(spec, lambda event: [print(one.name) for one in event.progress.vertexes])
    print(result.image_digest)
`;

/** Builds an image with a RUN step; prints the steps and the digest. */
async function build(env: Record<string, string>, base: string, name: string, builder: string) {
  const Dockerfile = `FROM ${base}\nARG ID=${randomUUID()}\nRUN echo built > /out\nCMD ["cat", "/out"]\n`;
  const script = join(env.HOME!, "build.py");
  await writeFile(script, program);
  return run(join(venv, "bin/python"), [script, await contextOf({ Dockerfile }), name, builder], { env });
}

test("the client from its wheel starts the host from its wheel, which builds with an engine", async () => {
  const env = await user({ DOCKER_HOST: lab().engine20.host });
  const name = `wheel:${randomUUID()}`;
  expect(await build(env, baseImageName, name, "")).toMatchObject({
    code: 0,
    stderr: "",
    stdout: expect.stringMatching(/\] RUN echo built > \/out\n.*\nsha256:[0-9a-f]{64}\n$/s),
  });
  const image = await must("docker", ["--host", lab().engine20.host, "run", "--rm", name]);
  expect(image.stdout).toBe("built\n");
});

test("the command of the host's wheel creates a builder of a plain buildkitd, with which the client builds", async () => {
  const env = await user({ PYTHONDONTWRITEBYTECODE: "1" });
  const builder = `wheel-${randomUUID()}`;
  const create = ["create", "--name", builder, "--driver", "remote", lab().buildkitd.address];
  await must(join(venv, "bin/slipway"), create, { env });
  expect(await build(env, lab().registry.baseImage, "plain", builder)).toMatchObject({
    code: 0,
    stderr: "",
    stdout: expect.stringContaining("] RUN echo built > /out\n"),
  });
});
