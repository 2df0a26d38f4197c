import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { get } from "node:https";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { baseImageName, engineApi, lab, must, run, startBuildkitd, startRegistry, tempDir } from "./index.js";

/** A build context whose RUN writes a word that the command does not contain. */
async function context(base: string): Promise<string> {
  const folder = await tempDir();
  await writeFile(
    join(folder, "Dockerfile"),
    `FROM ${base}\nRUN echo $((40 + 2)) > /answer && cat /answer\n`,
  );
  return folder;
}

const info = async (socket: string) => JSON.parse((await engineApi(socket, "GET", "/info")).toString());

test("Debian's docker builds with BuildKit on engine 20 and runs the image", async () => {
  const { host, version } = lab().engine20;
  expect(version).toMatch(/^20\.10\./);
  const env = { ...process.env, DOCKER_HOST: host, DOCKER_BUILDKIT: "1", BUILDKIT_PROGRESS: "plain" };
  await must("docker", ["build", "-t", "lab-proof", await context(baseImageName)], { env });
  const { stdout } = await must("docker", ["run", "--rm", "lab-proof", "cat", "/answer"], { env });
  expect(stdout).toBe("42\n");
});

test("engine 20 keeps images in a graph driver, engine 29 in containerd", async () => {
  expect(await info(lab().engine20.socket)).toMatchObject({ Driver: "overlay2" });
  const { DriverStatus } = await info(lab().engine29.socket);
  expect(DriverStatus).toContainEqual(["driver-type", "io.containerd.snapshotter.v1"]);
});

test("buildx builds on engine 29 and the image lands in its store", async () => {
  const { host, socket } = lab().engine29;
  const env = { ...process.env, DOCKER_HOST: host, BUILDX_CONFIG: await tempDir() };
  const args = ["build", "--progress=plain", "--no-cache", "-t", "lab-proof", await context(baseImageName)];
  const { stderr } = await must(lab().buildx, args, { env });
  expect(stderr).toMatch(/^#\d+ [\d.]+ 42$/m);
  const image = JSON.parse((await engineApi(socket, "GET", "/images/lab-proof/json")).toString());
  expect(image.Config.Cmd).toEqual(["/bin/sh"]);
});

test("engine 29 accepts only clients with a certificate on TCP", async () => {
  const { host, tls } = lab().engine29.tcp;
  const read = (files: Record<string, string>) =>
    Object.fromEntries(Object.entries(files).map(([name, file]) => [name, readFileSync(file)]));
  const ping = (files: Record<string, string>) =>
    new Promise<string>((resolve, reject) => {
      get(`${host.replace("tcp", "https")}/_ping`, read(files), (answer) => resolve(text(answer))).on(
        "error",
        reject,
      );
    });
  expect(await ping({ ca: tls.ca, cert: tls.cert, key: tls.key })).toBe("OK");
  await expect(ping({ ca: tls.ca })).rejects.toThrow("certificate required");
});

test("buildkitd builds from the registry's base image and pushes the result", async () => {
  const { buildkitd, registry } = lab();
  const folder = await context(registry.baseImage);
  const { stderr } = await must(buildkitd.buildctl, [
    ...[
      "--addr",
      buildkitd.address,
      "build",
      "--progress=plain",
      "--no-cache",
      "--frontend",
      "dockerfile.v0",
    ],
    ...["--local", `context=${folder}`, "--local", `dockerfile=${folder}`],
    ...["--output", `type=image,name=${registry.host}/lab-proof:1,push=true`],
  ]);
  expect(stderr).toMatch(/^#\d+ [\d.]+ 42$/m);
  const pushed = await fetch(`http://${registry.host}/v2/lab-proof/manifests/1`, {
    headers: { accept: "application/vnd.oci.image.manifest.v1+json" },
  });
  expect(await pushed.json()).toMatchObject({ layers: [{}, {}] });
});

test("a buildkitd with TLS refuses clients without a certificate and has ended after stop", async () => {
  const daemon = await startBuildkitd({ listen: "tls" });
  try {
    const workers = ["--addr", daemon.address, "--tlscacert", daemon.tls!.ca];
    const shown = ["--tlscert", daemon.tls!.cert, "--tlskey", daemon.tls!.key];
    await must(daemon.buildctl, [...workers, ...shown, "debug", "workers"]);
    expect((await run(daemon.buildctl, [...workers, "debug", "workers"])).code).not.toBe(0);
  } finally {
    await daemon.stop();
  }
  expect(() => process.kill(daemon.pid, 0)).toThrow("ESRCH");
});

test("a registry with credentials accepts the right password only", async () => {
  const registry = await startRegistry({ username: "ada", password: "difference engine" });
  try {
    const ask = async (password: string) => {
      const authorization = `Basic ${Buffer.from(`ada:${password}`).toString("base64")}`;
      return (await fetch(`http://${registry.host}/v2/`, { headers: { authorization } })).status;
    };
    expect([await ask("difference engine"), await ask("analytical engine")]).toEqual([200, 401]);
  } finally {
    await registry.stop();
  }
});
