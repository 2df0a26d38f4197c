import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { driver } from "../../plugins/docker/src/driver.js";
import type { Progress, RegistryCredential } from "../../src/driver/index.js";
import { lab, type RunningRegistry, startRegistry } from "../lab/index.js";
import { call, failure } from "./harness.js";
import { makeImage } from "./own-image.js";

const images = driver.imageStore!;
const login = { username: "ann", password: "s3cret-word" };

describe.each(["engine20", "engine29"] as const)("an image of %s", (engine) => {
  let guarded: RunningRegistry;
  const store = () => ({ endpoint: lab()[engine].host, environment: {} });
  const repository = `team/app-${randomBytes(4).toString("hex")}`;
  const made: string[] = [];
  const make = async (registry: string) => {
    await makeImage(lab()[engine].socket, `${registry}/${repository}`, "1");
    made.push(`${registry}/${repository}:1`);
    return made.at(-1)!;
  };

  beforeAll(async () => {
    guarded = await startRegistry(login);
  });
  afterAll(async () => {
    for (const name of made) await images.remove(store(), { name, force: true }, call);
    await guarded?.stop();
  });

  it("is pushed; the digest is the registry's", async () => {
    const name = await make(lab().registry.host);
    const steps: Progress[] = [];
    const pushing = { ...call, progress: async (step: Progress) => void steps.push(step) };
    const digest = await images.push(store(), { name }, pushing);
    expect(digest).toBe(await digestIn(lab().registry.host, repository));
    expect(steps.some(({ name, done }) => name?.startsWith("pushing layer ") && done)).toBe(true);
  });

  it("is pushed to a registry that requires credentials only with them", async () => {
    const name = await make(guarded.host);
    const push = (credential?: { username: string; secret: string }) =>
      images.push(store(), { name, credential: credential as RegistryCredential | undefined }, call);
    for (const credential of [undefined, { username: "ann", secret: "wrong-word" }]) {
      const error = await failure(push(credential));
      expect(error).toMatchObject({
        reason: "REGISTRY_UNAUTHORIZED",
        remedy: expect.stringContaining("docker login"),
      });
      expect(JSON.stringify(error)).not.toContain("wrong-word");
    }
    const digest = await push({ username: login.username, secret: login.password });
    expect(digest).toBe(await digestIn(guarded.host, repository, login));
  });

  it("is not pushed when it does not exist or its registry does not answer", async () => {
    const push = (name: string) => failure(images.push(store(), { name }, call));
    expect(await push(`${lab().registry.host}/${repository}:none`)).toMatchObject({
      reason: "IMAGE_NOT_FOUND",
    });
    expect(await push(await make("127.0.0.1:1"))).toMatchObject({
      reason: "IMAGE_PUSH_FAILED",
      message: expect.stringContaining("connection refused"),
    });
  });
});

async function digestIn(host: string, repository: string, as?: typeof login): Promise<string | null> {
  const accept = [
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
  ];
  const authorization = as && { authorization: `Basic ${btoa(`${as.username}:${as.password}`)}` };
  const url = `http://${host}/v2/${repository}/manifests/1`;
  const { headers } = await fetch(url, {
    method: "HEAD",
    headers: { accept: accept.join(), ...authorization },
  });
  return headers.get("docker-content-digest");
}
