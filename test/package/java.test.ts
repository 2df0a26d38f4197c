import { randomUUID } from "node:crypto";
import { readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { buildClient } from "../clients/clients.js";
import { contextOf } from "../host/build.js";
import { baseImageName, lab, must, pidsOf, run } from "../lab/index.js";
import { programPath } from "../lab/path.js";
import { bareUser } from "./bare-user.js";
import { javaClient } from "./java-client.js";
import { packages } from "./packages.js";

/** The jar with the client and those of its dependencies, and the jar with the host. */
let classPath: string;

beforeAll(async () => {
  const client = join(await javaClient(), `slipway-client-${manifest.version}.jar`);
  const host = join(await packages(), `slipway-host-${manifest.version}-linux-x86_64.jar`);
  classPath = [client, join(await buildClient.java(), "target/lib/*"), host].join(":");
}, 900_000);

const program = `
import dev.slipway.build.v1.BuildSpec;
import dev.slipway.client.Slipway;
import java.nio.file.Path;

public class Build {
  public static void main(String[] arguments) throws Exception {
    try (Slipway slipway = Slipway.connect()) {
      BuildSpec spec =
          BuildSpec.newBuilder().setContext(slipway.localContext(Path.of(arguments[0]))).addTags(arguments[1]).build();
      System.out.println(slipway.build(spec, event -> {}).getImageDigest());
    }
  }
}
`;

test("the client starts the host from the jar on its class path, on a machine without Node.js", async () => {
  const user = { ...(await bareUser("setsid")), DOCKER_HOST: lab().engine20.host };
  const source = join(user.HOME, "Build.java");
  await writeFile(source, program);
  const build = async (variables: Record<string, string>) => {
    const Dockerfile = `FROM ${baseImageName}\nARG ID=${randomUUID()}\nRUN echo built > /out\nCMD ["cat", "/out"]\n`;
    const name = `jar:${randomUUID()}`;
    const args = ["-cp", classPath, source, await contextOf({ Dockerfile }), name];
    return { name, finished: await run(programPath("java"), args, { env: { ...user, ...variables } }) };
  };

  const refused = await build({ XDG_CACHE_HOME: "/proc" });
  expect(refused.finished).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("The host's program could not be unpacked into /proc/slipway/host: "),
  });

  const { name, finished } = await build({});
  expect(finished).toMatchObject({ code: 0, stdout: expect.stringMatching(/^sha256:[0-9a-f]{64}\n$/) });
  const image = await must("docker", ["--host", lab().engine20.host, "run", "--rm", name]);
  expect(image.stdout).toBe("built\n");
  const hosts = join(user.HOME, ".cache/slipway/host");
  const [unpacked, ...others] = await readdir(hosts);
  expect(others).toEqual([]);
  expect((await pidsOf(join(hosts, unpacked!, "runtime/bin/node"))).length).toBeGreaterThan(1);
  expect((await stat(join(hosts, unpacked!))).mode & 0o777).toBe(0o700);
}, 300_000);
