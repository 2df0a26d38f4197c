import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { contextOf } from "../host/build.js";
import { baseImageName, lab, must, run } from "../lab/index.js";
import { destroyState, makeState } from "../lab/state.js";
import { bareUser } from "./bare-user.js";
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
async function build(env: { HOME: string }, base: string, name: string, builder: string) {
  const Dockerfile = `FROM ${base}\nARG ID=${randomUUID()}\nRUN echo built > /out\nCMD ["cat", "/out"]\n`;
  const script = join(env.HOME, "build.py");
  await writeFile(script, program);
  return run(join(venv, "bin/python"), [script, await contextOf({ Dockerfile }), name, builder], { env });
}

test("the client from its wheel starts the host from its wheel, which builds with an engine", async () => {
  const env = { ...(await bareUser()), DOCKER_HOST: lab().engine20.host };
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
  const env = { ...(await bareUser()), PYTHONDONTWRITEBYTECODE: "1" };
  const builder = `wheel-${randomUUID()}`;
  const create = ["create", "--name", builder, "--driver", "remote", lab().buildkitd.address];
  await must(join(venv, "bin/slipway"), create, { env });
  expect(await build(env, lab().registry.baseImage, "plain", builder)).toMatchObject({
    code: 0,
    stderr: "",
    stdout: expect.stringContaining("] RUN echo built > /out\n"),
  });
});
