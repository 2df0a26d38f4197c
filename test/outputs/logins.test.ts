import { randomUUID } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { contextOf, fromPath, mustBuild } from "../host/build.js";
import { type RunningRegistry, startRegistry, tempDir } from "../lab/index.js";
import { makeRepository, serveGit } from "../session-services/git-server.js";
import { builder, newRepository, startUser, type User } from "./harness.js";

const login = { username: "me", password: "pa ss:wörd" };

/** A registry with a password. */
let closed: RunningRegistry;
beforeAll(async () => {
  closed = await startRegistry(login);
});
afterAll(() => closed?.stop());

let user: User;
/** Docker's configuration with a login of the registry. */
let env: { DOCKER_CONFIG: string };
/** An image in the registry. */
let closedImage: string;
/** An image in an open registry; builds from it copy a file of the other image, so that BuildKit asks for its login. */
let asking: string;
beforeEach(async () => {
  user = await startUser();
  env = { DOCKER_CONFIG: await tempDir() };
  const auth = Buffer.from(`${login.username}:${login.password}`).toString("base64");
  const config = JSON.stringify({ auths: { [closed.host]: { auth } } });
  await writeFile(join(env.DOCKER_CONFIG, "config.json"), config);

  const push = async (tag: string, Dockerfile: string) =>
    mustBuild(user.host, {
      builder,
      context: fromPath(await contextOf({ Dockerfile, id: randomUUID() })),
      tags: [tag],
      outputs: [{ type: "registry" }],
      registryAuth: requestLogins(),
    });
  closedImage = `${closed.host}/logins-${randomUUID()}:1`;
  asking = `${newRepository()}:1`;
  await push(closedImage, "FROM scratch\nCOPY id /\n");
  await push(asking, `FROM scratch\nONBUILD COPY --from=${closedImage} /id /\n`);
});

const requestLogins = () => ({
  noDockerConfig: true,
  logins: { [closed.host]: { username: login.username, secret: login.password } },
});
const build = (...args: string[]) => user.slipway(["build", "--no-cache", ...args], { env });
/** A context with a Dockerfile, and a tag of another registry. */
async function contextWith(Dockerfile: string): Promise<string[]> {
  return ["-t", "named.example/a:b", await contextOf({ Dockerfile })];
}

test.each([
  ["FROM", () => `FROM ${closedImage}\n`],
  [
    "FROM with an argument",
    () => `ARG BASE=${closedImage.slice(0, -":1".length)} TAG\nFROM \${BASE}:\${TAG:-1}\n`,
  ],
  ["COPY --from", () => `FROM scratch\nCOPY --from=${closedImage} /id /\n`],
])("a login of Docker's configuration is used for a registry in %s", async (_, dockerfile) => {
  const { code, stderr } = await build(...(await contextWith(dockerfile())));
  expect(code, stderr).toBe(0);
});

test("BuildKit gets no login for a registry that the build does not name", async () => {
  const context = await contextWith(`FROM ${asking}\n`);
  const { code, stderr } = await build(...context);
  expect(code).toBe(1);
  expect(stderr).toContain(closedImage);
  expect(stderr).toMatch(/401|unauthorized|authorization failed|no basic auth/i);
  const { builds } = await user.host.builds.listBuilds({});
  // The newest comes first.
  expect(builds[0]?.error?.reason).toBe("REGISTRY_UNAUTHORIZED");

  // The same build, with a named context of that registry.
  const named = await build("--build-context", `unused=docker-image://${closedImage}`, ...context);
  expect(named.code, named.stderr).toBe(0);
});

test("a login in the request names its registry", async () => {
  await mustBuild(user.host, {
    builder,
    context: fromPath(await contextOf({ Dockerfile: `FROM ${asking}\n` })),
    noCache: true,
    registryAuth: requestLogins(),
  });
});

test("a credential helper is found in the user's PATH, and runs with the user's variables", async () => {
  const folder = await tempDir();
  // Stands for a helper with profiles, such as docker-credential-ecr-login.
  const helper = [
    "#!/bin/sh",
    `[ "$AWS_PROFILE:$AWS_SECRET_ACCESS_KEY" = "mine:key-of-user" ] || { echo "no login in '$AWS_PROFILE'"; exit 1; }`,
    `echo '${JSON.stringify({ Username: login.username, Secret: login.password })}'`,
  ];
  await writeFile(join(folder, "docker-credential-lab"), `${helper.join("\n")}\n`, { mode: 0o755 });
  const config = JSON.stringify({ credHelpers: { [closed.host]: "lab" } });
  await writeFile(join(env.DOCKER_CONFIG, "config.json"), config);
  const context = await contextOf({ Dockerfile: `FROM ${closedImage}\n` });
  const PATH = `${folder}:${process.env.PATH}`;
  const key = { AWS_SECRET_ACCESS_KEY: "key-of-user" };
  const push = (more: Record<string, string>) =>
    user.slipway(["build", "--no-cache", "--push", "-t", closedImage, context], { env: { ...env, ...more } });

  const found = await push({ PATH, AWS_PROFILE: "mine", ...key });
  expect(found.code, found.stderr).toBe(0);
  const other = await push({ PATH, AWS_PROFILE: "other", ...key });
  expect(other.code).toBe(1);
  expect(other.stderr).toContain("no login in 'other'");
  const missing = await push({ AWS_PROFILE: "mine", ...key });
  expect(missing.code).toBe(1);
  expect(missing.stderr).toContain(
    "docker-credential-lab cannot be used: it is not in the PATH of the client.",
  );

  const kept = await readAll(user.host.folder);
  for (const secret of ["key-of-user", login.password]) {
    expect(kept).not.toContain(secret);
    expect(user.host.log()).not.toContain(secret);
  }
});

test("the logins in the user's DOCKER_AUTH_CONFIG are used", async () => {
  const auth = Buffer.from(`${login.username}:${login.password}`).toString("base64");
  await writeFile(join(env.DOCKER_CONFIG, "config.json"), "{}");
  const context = await contextOf({ Dockerfile: `FROM ${closedImage}\n` });
  const push = (more: Record<string, string>) =>
    user.slipway(["build", "--push", "-t", closedImage, context], { env: { ...env, ...more } });
  expect((await push({})).code).toBe(1);
  const { code, stderr } = await push({
    DOCKER_AUTH_CONFIG: JSON.stringify({ auths: { [closed.host]: { auth } } }),
  });
  expect(code, stderr).toBe(0);
  expect(await readAll(user.host.folder)).not.toContain(auth);
});

/** The content of all files in a folder. */
async function readAll(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const contents = await Promise.all(
    files.map(({ parentPath, name }) => readFile(join(parentPath, name), "latin1")),
  );
  return contents.join("\n");
}

test("a login is used for a Dockerfile that BuildKit fetches", async () => {
  const folder = await tempDir();
  await makeRepository(folder, { Dockerfile: `FROM ${closedImage}\n` });
  const { code, stderr } = await build(`${await serveGit(folder)}/repo.git#main`);
  expect(code, stderr).toBe(0);
});
