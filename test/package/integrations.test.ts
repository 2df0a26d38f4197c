import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { baseImageName, lab, must, run, tempDir } from "../lab/index.js";
import { bareUser } from "./bare-user.js";
import { packages } from "./packages.js";

const root = join(import.meta.dirname, "../..");
const archive = `slipway-${manifest.version}-linux-x64`;
let made: string;

beforeAll(async () => {
  made = await packages();
}, 900_000);

/** A copy of the examples with a base image of the lab, and variables of a user of its engine. */
async function integrations(...programs: string[]) {
  const folder = join(await tempDir(), "integrations");
  await cp(join(root, "examples/integrations"), folder, { recursive: true });
  const dockerfile = join(folder, "app/Dockerfile");
  const text = await readFile(dockerfile, "utf8");
  await writeFile(dockerfile, text.replace("busybox:1", baseImageName));
  // The image of the reaper is in a registry on the Internet.
  const engine = { DOCKER_HOST: lab().engine20.host, TESTCONTAINERS_RYUK_DISABLED: "true" };
  return { folder, user: { ...(await bareUser(...programs)), ...engine } };
}

/** The PATH of a user with the program of the archive. */
async function withProgram(user: { HOME: string; PATH: string }): Promise<string> {
  await must("tar", ["-xzf", join(made, `${archive}.tar.gz`), "-C", user.HOME]);
  return `${join(user.HOME, archive, "bin")}:${user.PATH}`;
}

async function greetingOf(image: string): Promise<string> {
  return (await must("docker", ["--host", lab().engine20.host, "run", "--rm", image])).stdout;
}

test("the fixture of pytest builds the image that testcontainers starts", async () => {
  const { folder, user } = await integrations();
  const cwd = join(folder, "pytest");
  await must("python3", ["-m", "venv", ".venv"], { cwd });
  const install = ["-m", "pip", "install", "--quiet", "--no-compile", "--find-links", made];
  await must(join(cwd, ".venv/bin/python"), [...install, "-r", "requirements.txt"], { cwd });
  expect(await run(join(cwd, ".venv/bin/pytest"), [], { cwd, env: user })).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("1 passed"),
  });
}, 600_000);

test("the Node script builds the image that testcontainers starts", async () => {
  const { folder, user } = await integrations();
  const cwd = join(folder, "node");
  const options = ["--no-audit", "--no-fund", "--prefer-offline", "--ignore-scripts"];
  await must("npm", ["install", ...options, join(made, `slipway-${manifest.version}.tgz`)], {
    cwd,
  });
  const env = { ...user, PATH: process.env.PATH };
  expect(await run(process.execPath, ["main.js"], { cwd, env })).toMatchObject({
    code: 0,
    stdout: "hello\n",
  });
}, 600_000);

test("the step of GitHub Actions installs the archive, if it has its checksum, and builds", async () => {
  const { folder, user } = await integrations();
  const temp = join(user.HOME, "temp");
  await mkdir(temp);
  const sums = await readFile(join(made, "SHA256SUMS"), "utf8");
  const action = await readFile(join(folder, "github-actions/action.yml"), "utf8");
  const command = /^ +run: (.*)$/m.exec(action)![1]!;
  const step = (sha256: string) => {
    const env = {
      ...user,
      PATH: process.env.PATH,
      GITHUB_ACTION_PATH: join(folder, "github-actions"),
      GITHUB_PATH: join(temp, "path"),
      GITHUB_OUTPUT: join(temp, "output"),
      RUNNER_TEMP: temp,
      ARCHIVE: `file://${made}/${archive}.tar.gz`,
      SHA256: sha256,
      CONTEXT: join(folder, "app"),
      TAG: "slipway-with-github-actions",
    };
    return run("bash", ["-e", "-c", command], { env });
  };
  const refused = await step("0".repeat(64));
  expect(refused.code).not.toBe(0);
  expect(refused.stderr).toContain("computed checksum did NOT match");

  const [, sha256] = new RegExp(`^(\\w+)  ${archive.replaceAll(".", "\\.")}\\.tar\\.gz$`, "m").exec(sums)!;
  expect(await step(sha256!)).toMatchObject({ code: 0 });
  expect(await readFile(join(temp, "path"), "utf8")).toBe(`${temp}/slipway/bin\n`);
  const [, id] = /^image-id=(sha256:\w{64})\n$/.exec(await readFile(join(temp, "output"), "utf8"))!;
  expect(await greetingOf(id!)).toBe("hello\n");
}, 300_000);

test("the commands of Terraform and Gradle build", async () => {
  const { folder, user } = await integrations();
  const PATH = await withProgram(user);
  const hcl = await readFile(join(folder, "terraform/main.tf"), "utf8");
  const command: string = JSON.parse(/^ +command += (".*")$/m.exec(hcl)![1]!);
  const env = { ...user, PATH, TAG: "slipway-with-terraform", APP: join(folder, "app") };
  expect(await run("sh", ["-c", command], { env })).toMatchObject({ code: 0 });
  expect(await greetingOf("slipway-with-terraform")).toBe("hello\n");

  const cwd = join(folder, "gradle");
  const script = await readFile(join(cwd, "build.gradle"), "utf8");
  const words = /^ +commandLine (.*)$/m.exec(script)![1]!.split(", ");
  const imageId = join(cwd, "image-id");
  const args = words.map((word) => (word === "imageId" ? imageId : word.slice(1, -1)));
  expect(await run("sh", ["-c", '"$@"', "sh", ...args], { cwd, env })).toMatchObject({ code: 0 });
  expect(await greetingOf(await readFile(imageId, "utf8"))).toBe("hello\n");
}, 300_000);
