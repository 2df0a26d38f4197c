import { randomUUID } from "node:crypto";
import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { contextOf } from "../host/build.js";
import { cli, startHost } from "../host/host.js";
import { baseImageName, run } from "../lab/index.js";
import { programPath } from "../lab/path.js";
import { compose } from "../lab/recipes/compose.js";
import { slipwayOf, userEnvironment } from "./slipway.js";

/** A project of Compose, whose user has Slipway as docker's buildx. */
async function projectOf(engine: "engine20" | "engine29", files: Record<string, string>) {
  const host = await startHost();
  const name = `p${randomUUID()}`;
  const config = join(host.folder, "docker");
  const env = { ...userEnvironment(host, engine), DOCKER_CONFIG: config, COMPOSE_PROJECT_NAME: name };
  await run(process.execPath, [cli, "docker-plugin", "install", "--as-buildx"], { env });
  await symlink(await compose(), join(config, "cli-plugins/docker-compose"));
  const cwd = await contextOf(files);
  const docker = (...args: string[]) => run(programPath("docker"), args, { env, cwd, timeout: 180_000 });
  onTestFinished(async () => {
    const down = await docker("compose", "down", "--rmi", "all", "--timeout", "0");
    expect(down.code, down.stderr).toBe(0);
  });
  /** What the services whose containers have ended wrote. */
  const logs = async () => (await docker("compose", "logs", "--no-color", "--no-log-prefix")).stdout;
  /** States of the builds that the host has run. */
  const states = async () => {
    const { stdout } = await slipwayOf(host, engine)(["builds", "ls", "--format", "json"]);
    return stdout
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line).State as string);
  };
  return { name, docker, logs, states };
}

const from = `FROM ${baseImageName}\n`;

test.each(["engine20", "engine29"] as const)(
  "up --build builds the services of a project with arguments, targets and a secret, and runs them, on %s",
  async (engine) => {
    const { docker, logs, states } = await projectOf(engine, {
      "compose.yaml": `
        services:
          web: {build: {context: web, target: app, args: {WHO: "\${WHO}"}}}
          job: {build: {context: ., dockerfile: job.Dockerfile, secrets: [token]}}
        secrets: {token: {file: token.txt}}`,
      ".env": "WHO=me\n",
      "token.txt": "12345",
      "web/Dockerfile": `${from.trim()} AS base\nARG WHO\nRUN echo web of $WHO >/who\nFROM base AS app\nCMD cat /who\nFROM scratch\n`,
      "job.Dockerfile": `${from}RUN --mount=type=secret,id=token wc -c </run/secrets/token >/size\nCMD echo job $(cat /size)\n`,
    });
    const up = await docker("compose", "up", "--build", "--no-log-prefix");
    expect(up.code, up.stderr).toBe(0);
    expect((await logs()).split("\n").filter(Boolean).sort()).toEqual(["job 5", "web of me"]);
    expect(await states()).toEqual(["succeeded", "succeeded"]);
  },
);

test("build takes the result of another service, an inline Dockerfile, tags and labels", async () => {
  const { name, docker, states } = await projectOf("engine29", {
    "compose.yaml": `
      services:
        lib: {build: {dockerfile_inline: "FROM ${baseImageName}\\nRUN echo of lib >/lib"}}
        app:
          image: \${COMPOSE_PROJECT_NAME}-named
          build:
            context: .
            additional_contexts: {lib: "service:lib"}
            labels: {from.compose: "yes"}
            tags: ["\${COMPOSE_PROJECT_NAME}-other:2"]`,
    Dockerfile: "FROM lib\nRUN cat /lib >/app\nCMD cat /app\n",
  });
  const built = await docker("compose", "build");
  expect(built.code, built.stderr).toBe(0);
  for (const image of [`${name}-named`, `${name}-other:2`]) {
    const label = await docker(
      "image",
      "inspect",
      "--format",
      '{{index .Config.Labels "from.compose"}}',
      image,
    );
    expect(label).toMatchObject({ code: 0, stdout: "yes\n" });
    expect(await docker("run", "--rm", image)).toMatchObject({ code: 0, stdout: "of lib\n" });
  }
  expect(await docker("image", "rm", `${name}-other:2`)).toMatchObject({ code: 0 });
  expect(await states()).toEqual(["succeeded", "succeeded"]);
});

test("build fails with the error of the step, and builds the rest of a project alone", async () => {
  const { docker } = await projectOf("engine20", {
    "compose.yaml": `
      services:
        good: {build: {dockerfile_inline: "${from.trim()}\\nCMD echo good"}}
        bad: {build: {dockerfile_inline: "${from.trim()}\\nRUN echo this is why; exit 3"}}`,
  });
  const failed = await docker("compose", "--progress", "plain", "build", "bad");
  expect(failed.code).not.toBe(0);
  expect(`${failed.stdout}${failed.stderr}`).toContain("this is why");
  expect(`${failed.stdout}${failed.stderr}`).toContain("exit code: 3");
  const run = await docker("compose", "run", "--build", "--rm", "good");
  expect(run).toMatchObject({ code: 0, stdout: expect.stringContaining("good\n") });
});
