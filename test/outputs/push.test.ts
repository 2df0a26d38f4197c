import { randomUUID } from "node:crypto";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { BuildState } from "../../src/gen/slipway/v1/build_event_pb.js";
import { contextOf, fromPath, mustBuild, runBuild } from "../host/build.js";
import { engineEnvironment, shareHost } from "../host/host.js";
import { baseImageName, lab, must, type RunningRegistry, startRegistry, tempDir } from "../lab/index.js";
import { type RegistryProxy, startRegistryProxy } from "../lab/registry-proxy.js";
import { builder, tagsOf, type User, userOf } from "./harness.js";

const login = { username: "me", password: "pa ss:wörd" };

/** A registry with a password. */
let closed: RunningRegistry;
beforeAll(async () => {
  closed = await startRegistry(login);
}, 120_000);
afterAll(() => closed?.stop());

let user: User;
let context: string;
let name: string;
const host = shareHost();
beforeAll(async () => {
  user = await userOf(host());
});
beforeEach(async () => {
  context = await contextOf({ Dockerfile: "FROM scratch\nCOPY id /\n", id: randomUUID() });
  name = `push-${randomUUID()}`;
});

/** The digest that skopeo finds in the registry with the password. */
async function digestIn(registry: string, reference: string): Promise<string> {
  const args = [
    "inspect",
    "--tls-verify=false",
    "--format={{.Digest}}",
    "--creds",
    `${login.username}:${login.password}`,
  ];
  return (await must("skopeo", [...args, `docker://${registry}/${reference}`])).stdout.trim();
}

async function dockerConfig(config: object): Promise<Record<string, string>> {
  const folder = await tempDir();
  await writeFile(join(folder, "config.json"), JSON.stringify(config));
  return { DOCKER_CONFIG: folder };
}

describe("to a registry with a password", () => {
  const push = (env: Record<string, string>) =>
    user.slipway(["build", "-t", `${closed.host}/${name}:1`, "--push", context], { env });

  test("without a login, and with a wrong one", async () => {
    const auth = Buffer.from("me:wrong").toString("base64");
    for (const env of [await dockerConfig({}), await dockerConfig({ auths: { [closed.host]: { auth } } })]) {
      const { code, stderr } = await push(env);
      expect(code).toBe(1);
      expect(stderr).toContain("HINT: Log in with `docker login`");
    }
    const { builds } = await user.host.builds.listBuilds({});
    expect(builds.slice(0, 2).map(({ error }) => error?.reason)).toEqual([
      "REGISTRY_UNAUTHORIZED",
      "REGISTRY_UNAUTHORIZED",
    ]);
  });

  test("with docker's configuration", async () => {
    const auth = Buffer.from(`${login.username}:${login.password}`).toString("base64");
    const { code, stderr } = await push(await dockerConfig({ auths: { [closed.host]: { auth } } }));
    expect(code, stderr).toBe(0);
    expect(await digestIn(closed.host, `${name}:1`)).toMatch(/^sha256:/);
  });

  test("with a credential helper", async () => {
    const bin = join(user.host.folder, "bin");
    await mkdir(bin);
    const helper = join(bin, "docker-credential-outputs");
    await writeFile(
      helper,
      `#!/bin/sh\nread host\n[ "$host" = "${closed.host}" ] && echo '${JSON.stringify({ Username: login.username, Secret: login.password })}'\n`,
    );
    await chmod(helper, 0o755);
    // The host runs the helper, from the user's PATH.
    const config = await dockerConfig({ credHelpers: { [closed.host]: "outputs" } });
    const { code, stderr } = await user.slipway(
      ["build", "-t", `${closed.host}/${name}:1`, "--push", context],
      { env: { ...config, PATH: `${bin}:${process.env.PATH}` } },
    );
    expect(code, stderr).toBe(0);
    expect(await digestIn(closed.host, `${name}:1`)).toMatch(/^sha256:/);
  });

  test("with a login in the request, which does not appear in the record or the log", async () => {
    const { finished, id } = await mustBuild(user.host, {
      builder,
      context: fromPath(context),
      tags: [`${closed.host}/${name}:1`],
      platforms: ["linux/amd64", "linux/arm64"],
      outputs: [{ type: "registry" }],
      registryAuth: {
        noDockerConfig: true,
        logins: { [closed.host]: { username: login.username, secret: login.password } },
      },
    });
    expect(await digestIn(closed.host, `${name}:1`)).toBe(finished.result?.imageDigest);
    const { build } = await user.host.builds.getBuild({ id });
    const text = JSON.stringify(build, (_, value) => (typeof value === "bigint" ? Number(value) : value));
    expect(text + user.host.log()).not.toContain(login.password);
  });

  test.each(["engine20", "engine29"] as const)("from %s", async (engine) => {
    const own = await contextOf({ Dockerfile: `FROM ${baseImageName}\nCOPY id /\n`, id: randomUUID() });
    const reference = `${closed.host}/${name}:1`;
    const spec = {
      environment: engineEnvironment(engine),
      context: fromPath(own),
      tags: [reference],
      outputs: [{ type: "registry" }],
    };
    const logins = { [closed.host]: { username: login.username, secret: login.password } };
    const refused = await runBuild(user.host, { ...spec, registryAuth: { noDockerConfig: true } });
    expect(refused.finished.error?.reason, refused.finished.error?.message).toBe("REGISTRY_UNAUTHORIZED");
    const { finished } = await mustBuild(user.host, {
      ...spec,
      registryAuth: { noDockerConfig: true, logins },
    });
    expect(await digestIn(closed.host, `${name}:1`)).toBe(finished.result?.imageDigest);
    await must("docker", ["image", "rm", reference], {
      env: { ...process.env, ...engineEnvironment(engine) },
    });
  });
});

describe("to a registry that fails", () => {
  let proxy: RegistryProxy;
  beforeEach(async () => {
    proxy = await startRegistryProxy(lab().registry.host);
    return () => proxy.stop();
  });

  const push = () =>
    runBuild(user.host, {
      builder,
      context: fromPath(context),
      tags: [`${proxy.host}/${name}:1`],
      outputs: [{ type: "registry" }],
    });

  test.each([
    [{ status: 401 }, "REGISTRY_UNAUTHORIZED"],
    [{ status: 403 }, "REGISTRY_UNAUTHORIZED"],
    [{ status: 429 }, "REGISTRY_RATE_LIMITED"],
    [{ status: 500 }, "REGISTRY_FAILED"],
    ["drop", "REGISTRY_UNREACHABLE"],
  ] as const)("%j: no tag moves, and the next push succeeds", async (fault, reason) => {
    proxy.fail(({ manifest }) => (manifest ? fault : undefined));
    const { finished } = await push();
    expect(finished.error?.message).toContain("failed to push");
    expect(finished).toMatchObject({ state: BuildState.FAILED, error: { reason } });
    expect(await tagsOf(`${lab().registry.host}/${name}`)).toEqual([]);
    proxy.fail(() => undefined);
    expect((await push()).finished.state).toBe(BuildState.SUCCEEDED);
    expect(await tagsOf(`${lab().registry.host}/${name}`)).toEqual(["1"]);
  });

  test("once: BuildKit retries", async () => {
    let first = true;
    proxy.fail(({ method }) => {
      const fault = first && method === "POST" ? { status: 500 } : undefined;
      if (fault) first = false;
      return fault;
    });
    expect((await push()).finished.state).toBe(BuildState.SUCCEEDED);
    expect(first).toBe(false);
  });
});
