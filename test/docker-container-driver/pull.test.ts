import { randomBytes, randomUUID } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { readTypedError } from "../../src/errors/typed-error.js";
import type { Progress } from "../../src/gen/slipway/common/v1/progress_pb.js";
import { startHost, type TestHost } from "../host/host.js";
import { lab, loadBuilderImage, must, startRegistry, tempDir } from "../lab/index.js";
import { container, createBuilder, docker } from "./harness.js";

const login = { username: "puller", password: `secret-${randomUUID()}` };

/** The builder image in a registry that requires a login; the engine does not have it. */
async function imageInRegistry(): Promise<string> {
  const registry = await startRegistry(login);
  onTestFinished(() => registry.stop());
  const image = `${registry.host}/dc/buildkit:1`;
  const folder = await tempDir();
  // A unique layer, which the engine removes with the image.
  await writeFile(join(folder, "noise"), randomBytes(1 << 20));
  const made = await docker(["create", await loadBuilderImage(lab().engine29)]);
  await docker(["cp", join(folder, "noise"), `${made}:/noise`]);
  await docker(["commit", made, image]);
  await docker(["rm", "--volumes", made]);
  await writeFile(join(folder, "config.json"), JSON.stringify({ auths: { [registry.host]: authEntry() } }));
  await must("docker", ["--config", folder, "push", image], {
    env: { ...process.env, DOCKER_HOST: lab().engine29.host },
  });
  await docker(["rmi", image]);
  onTestFinished(async () => void (await docker(["rmi", "--force", image])));
  return image;
}

function authEntry() {
  return { auth: Buffer.from(`${login.username}:${login.password}`).toString("base64") };
}

/** Boots a builder; returns the last state of each step. */
async function steps(host: TestHost, name: string): Promise<Progress[]> {
  const last = new Map<string, Progress>();
  for await (const { event } of host.builders.bootstrapBuilder({ name })) {
    const progress = event.case === "progress" ? event.value.progress : undefined;
    if (progress) last.set(progress.id, progress);
  }
  return [...last.values()];
}

it("pulls the image with the login of docker's configuration, and reports each layer", async () => {
  const image = await imageInRegistry();
  const host = await startHost();
  const name = await createBuilder(host, { options: { image } });
  const refused = await steps(host, name).then(() => undefined, readTypedError);
  expect(refused).toMatchObject({ reason: "IMAGE_UNAVAILABLE" });
  expect(refused?.message).toMatch(/no basic auth credentials|unauthorized|authentication required/i);
  expect(await container(name)).toBeUndefined();

  await mkdir(join(host.folder, ".docker"));
  await writeFile(
    join(host.folder, ".docker/config.json"),
    JSON.stringify({ auths: { [image.split("/")[0]!]: authEntry() } }),
  );
  const pulled = await steps(host, name);
  expect(pulled.map(({ name }) => name)).toContain(`Pulling image ${image}`);
  const layers = pulled.filter(({ id }) => id.startsWith("pull "));
  expect(layers.length).toBeGreaterThan(0);
  expect(pulled.every(({ done, error }) => done && error === "")).toBe(true);
  expect((await container(name)).Config.Image).toBe(image);
  const { Config } = await container(name);
  expect(JSON.stringify(Config)).not.toContain(login.password);
  expect(host.log()).not.toContain(login.password);
});

it("calls a credential helper, and falls back to a local image when that fails", async () => {
  const host = await startHost();
  const name = await createBuilder(host, { options: { image: await loadBuilderImage(lab().engine29) } });
  await mkdir(join(host.folder, ".docker"));
  await writeFile(
    join(host.folder, ".docker/config.json"),
    JSON.stringify({ credHelpers: { "slipway.test": "no-such-helper" } }),
  );
  const reported = await steps(host, name);
  const named = (text: string) => reported.find((step) => step.name.startsWith(text));
  expect(named("Looking up the login for slipway.test")?.error).toContain("docker-credential-no-such-helper");
  expect(named("Pulling image slipway.test/buildkit:1")?.error).toContain("slipway.test");
  expect(named("Using local image slipway.test/buildkit:1")).toMatchObject({ done: true, error: "" });
  expect(await container(name)).toBeDefined();
});
