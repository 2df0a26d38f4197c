import { randomUUID } from "node:crypto";
import { readdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { engineEnvironment, startHost } from "../host/host.js";
import { baseImageName, lab, must, run, tempDir, until } from "../lab/index.js";
import { serviceImageName as name, serviceImage } from "./service-image.js";

const env = { ...process.env, ...engineEnvironment("engine20") };
const docker = (args: readonly string[], input?: string) => run("docker", args, { env, input });
const mustDocker = (...args: string[]) => must("docker", args, { env });

test("no package is made when the builder of the image is unsuitable", async () => {
  const host = await startHost();
  const output = join(await tempDir(), "packages");
  const main = join(import.meta.dirname, "../../scripts/package/main.ts");
  const args = ["--import", "tsx", main, "--without", "java-client", "--output", output];
  const variables = { SLIPWAY_HOST: `unix://${host.socket}`, BUILDX_BUILDER: "no-such-builder" };
  const made = await run(process.execPath, args, { env: { ...process.env, ...variables } });
  expect(made).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/no-such-builder.* or leave it out with --without image\./s),
  });
  expect(await readdir(dirname(output))).toEqual([]);
});

test("Slipway builds its image, in which an ordinary user's host builds and keeps its state in a volume", async () => {
  const archive = await serviceImage();

  // The same file is an OCI archive.
  const inspect = ["inspect", "--config", `oci-archive:${archive}`];
  const { config } = JSON.parse((await must("skopeo", inspect)).stdout);
  expect(config).toMatchObject({ User: "slipway", Volumes: { "/var/lib/slipway": {} } });

  await mustDocker("load", "--input", archive);
  const [container, volume] = [`service-${randomUUID()}`, `state-${randomUUID()}`];
  onTestFinished(async () => {
    await docker(["rm", "--force", container]);
    await docker(["volume", "rm", volume]);
    await docker(["image", "rm", name]);
  });
  const { socket } = lab().engine20;
  const serve = async () => {
    await mustDocker(
      ...["run", "--detach", "--name", container, "--network", "none", "--read-only", "--cap-drop", "ALL"],
      ...["--volume", `${volume}:/var/lib/slipway`, "--tmpfs", "/run/slipway:uid=10001,mode=0700"],
      ...["--volume", `${socket}:/var/run/docker.sock`, "--group-add", String((await stat(socket)).gid)],
      ...["--health-interval", "1s", name],
    );
    await until("the service to be healthy", async () => {
      const state = await mustDocker("inspect", "--format", "{{.State.Health.Status}}", container);
      return state.stdout === "healthy\n";
    });
  };
  const slipway = (args: readonly string[], input?: string) =>
    docker(["exec", "--interactive", container, "slipway", ...args], input);

  await serve();
  expect((await mustDocker("exec", container, "busybox", "id", "-u")).stdout).toBe("10001\n");
  const built = `from-container:${randomUUID()}`;
  const Dockerfile = `FROM ${baseImageName}\nRUN echo ${built} > /out\nCMD ["cat", "/out"]\n`;
  expect(await slipway(["build", "--tag", built, "-"], Dockerfile)).toMatchObject({ code: 0 });
  expect((await mustDocker("run", "--rm", built)).stdout).toBe(`${built}\n`);

  await mustDocker("rm", "--force", container);
  await serve();
  expect((await slipway(["builds", "ls"])).stdout).toMatch(/succeeded/);
  const stopped = await mustDocker("stop", container);
  expect(stopped.code).toBe(0);
  const code = await mustDocker("inspect", "--format", "{{.State.ExitCode}}", container);
  expect(code.stdout).toBe("0\n");
}, 600_000);
