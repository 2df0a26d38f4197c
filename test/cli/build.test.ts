import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { contextOf, withoutBuilds } from "../host/build.js";
import { cli, shareHost, startHost, type TestHost } from "../host/host.js";
import { baseImageName, lab, must, run, tempDir, until } from "../lab/index.js";
import { type Slipway, shapeOf, slipwayOf, stepsOf, userEnvironment } from "./slipway.js";

const shared = shareHost();
let host: TestHost;
let slipway: Slipway;
beforeAll(() => {
  host = shared();
  slipway = slipwayOf(host);
});

/** The same build with buildx. It reports whichever of its two calls to BuildKit fails first; here it is always the solve. */
async function buildx(args: string[], context: string) {
  const env = { ...userEnvironment(host, "engine29"), BUILDX_CONFIG: join(host.folder, "buildx") };
  const command = ["build", "--progress", "plain", ...args, context];
  const { stderr, ...ended } = await run(lab().buildx, command, { env, timeout: 180_000 });
  return { ...ended, stderr: stderr.replace("failed to run Build function", "failed to solve") };
}

const from = `FROM ${baseImageName}\n`;
/** A line that makes the cache of a step unique to this test. */
const unique = () => `ARG ID=${randomUUID()}\n`;

describe("prints progress and errors as buildx does for the same build", () => {
  test("a build that succeeds", async () => {
    const context = await contextOf({
      Dockerfile: `${from}WORKDIR /w\nCOPY a.txt .\nRUN echo one; sleep 0.2; echo two; printf 'no line end'\n`,
      "a.txt": "hello",
    });
    const ours = await slipway(["build", "--no-cache", "--progress", "plain", context]);
    const theirs = await buildx(["--no-cache"], context);
    expect([ours.code, theirs.code]).toEqual([0, 0]);
    expect(ours.stdout).toBe("");
    expect(ours.stderr.split("\n").slice(0, 3)).toEqual(theirs.stderr.split("\n").slice(0, 3));
    expect(stepsOf(ours.stderr)).toEqual(stepsOf(theirs.stderr));
  });

  test("a RUN that fails", async () => {
    const context = await contextOf({
      Dockerfile: `${from}RUN for i in $(seq 1 12); do echo line $i; done; exit 3\n`,
    });
    const ours = await slipway(["build", "--progress", "plain", context]);
    const theirs = await buildx([], context);
    expect([ours.code, theirs.code]).toEqual([1, 1]);
    const end = (text: string) => shapeOf(text).slice(shapeOf(text).indexOf("------\n"));
    expect(end(ours.stderr)).toBe(end(theirs.stderr));
    expect(end(ours.stderr)).toContain("exit code: 3");
  });

  test("a syntax error", async () => {
    const context = await contextOf({ Dockerfile: `${from}COPPY a b\n` });
    const ours = await slipway(["build", "--progress", "plain", context]);
    const theirs = await buildx([], context);
    const end = (text: string) => text.slice(text.indexOf("Dockerfile:2\n"));
    expect(end(ours.stderr)).toContain("   2 | >>> COPPY a b");
    expect([ours.code, end(ours.stderr)]).toEqual([theirs.code, end(theirs.stderr)]);
  });

  test("warnings at the end", async () => {
    const context = await contextOf({ Dockerfile: `FROM ${baseImageName} as one\nMAINTAINER me\n` });
    const ours = await slipway(["build", "--progress", "plain", context]);
    const theirs = await buildx([], context);
    // buildx keeps its warnings in a map and prints them in any order.
    const end = (text: string) => shapeOf(text).split("\n\n").at(-1)!.split("\n").sort();
    expect(end(ours.stderr)).toEqual(end(theirs.stderr));
    expect(ours.stderr).toContain("2 warnings found");
  });

  test("a check", async () => {
    const context = await contextOf({ Dockerfile: `FROM ${baseImageName} as one\n` });
    const ours = await slipway(["build", "--check", context]);
    const theirs = await buildx(["--check"], context);
    expect([ours.code, ours.stdout]).toEqual([theirs.code, theirs.stdout]);
    expect(ours.stdout).toContain("FromAsCasing");
  });

  test("a missing Dockerfile, and a missing context", async () => {
    const context = await tempDir();
    for (const args of [[context], [join(context, "nope")]]) {
      const ours = await slipway(["build", ...args]);
      const theirs = await buildx([], args[0]!);
      const error = (text: string) => text.split("\n").find((line) => line.startsWith("ERROR: "));
      expect([ours.code, error(ours.stderr)]).toEqual([theirs.code, error(theirs.stderr)]);
      expect(ours.stderr).toContain("HINT: ");
    }
  });
});

test("prints a SolveStatus per line with rawjson", async () => {
  const context = await contextOf({ Dockerfile: `${from}${unique()}RUN echo hello\n` });
  const { stderr, code } = await slipway(["build", "--progress", "rawjson", context]);
  expect(code).toBe(0);
  const lines = stderr
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  const logs = lines.flatMap((line) => line.logs ?? []);
  expect(logs.map(({ data }) => Buffer.from(data, "base64").toString()).join("")).toBe("hello\n");
});

test("prints only the image id with quiet, and writes the same id to files", async () => {
  const context = await contextOf({ Dockerfile: `${from}${unique()}` });
  const files = await tempDir();
  const [id, metadata] = [join(files, "id"), join(files, "metadata.json")];
  const name = `slipway.test/cli-quiet:${randomUUID()}`;
  const { stdout, stderr } = await slipway([
    "build",
    "-q",
    "-t",
    name,
    "--iidfile",
    id,
    "--metadata-file",
    metadata,
    context,
  ]);
  expect(stderr).toBe("");
  expect(stdout).toMatch(/^sha256:[0-9a-f]{64}\n$/);
  expect(await readFile(id, "utf8")).toBe(stdout.trim());
  const written = JSON.parse(await readFile(metadata, "utf8"));
  expect(written).toMatchObject({
    "containerimage.digest": stdout.trim(),
    "containerimage.descriptor": { digest: stdout.trim() },
    "image.name": name,
  });
  expect(written["buildx.build.ref"]).toMatch(/^default\/default\/\w+$/);
  expect(await readdir(files)).toHaveLength(2);
});

test("quiet prints nothing for a build without an image", async () => {
  const context = await contextOf({ Dockerfile: "FROM scratch\nCOPY a.txt /\n", "a.txt": "content" });
  const out = join(await tempDir(), "out");
  expect(await slipway(["build", "-q", "-o", out, context])).toMatchObject({
    code: 0,
    stdout: "",
    stderr: "",
  });
  expect(await readFile(join(out, "a.txt"), "utf8")).toBe("content");
});

test("creates the missing folders of each file that it writes", async () => {
  const context = await contextOf({ Dockerfile: "FROM scratch\nCOPY a.txt /\n", "a.txt": "content" });
  const folder = await tempDir();
  const at = (name: string) => join(folder, name, "deep", "file");
  const flags = ["-o", `type=tar,dest=${at("tar")}`, "--metadata-file", at("metadata")];
  expect(await slipway(["build", ...flags, context])).toMatchObject({ code: 0 });
  expect((await readFile(at("tar"))).subarray(0, 5).toString()).toBe("a.txt");
  expect(JSON.parse(await readFile(at("metadata"), "utf8"))["buildx.build.ref"]).toMatch(/\w+/);
  const image = await contextOf({ Dockerfile: `${from}${unique()}` });
  expect(await slipway(["build", "-q", "--iidfile", at("id"), image])).toMatchObject({ code: 0 });
  expect(await readFile(at("id"), "utf8")).toMatch(/^sha256:/);
});

test("takes the name of a Dockerfile in an archive in any form of the path", async () => {
  const context = await contextOf({
    "sub/My.Dockerfile": "FROM scratch\nCOPY a.txt /\n",
    "a.txt": "content",
  });
  const folder = await tempDir();
  const [archive, out] = [join(folder, "context.tar"), join(folder, "out")];
  await must("tar", ["-C", context, "-cf", archive, "."]);
  const flags = ["-f", "./sub/../sub//My.Dockerfile", "-o", out];
  const input = await readFile(archive);
  expect(await slipway(["build", ...flags, "-"], { input })).toMatchObject({ code: 0 });
  expect(await readFile(join(out, "a.txt"), "utf8")).toBe("content");
});

test("reads the Dockerfile from /dev/stdin and from a named pipe", async () => {
  const context = await contextOf({ "a.txt": "content" });
  const [folder, input] = [await tempDir(), "FROM scratch\nCOPY a.txt /\n"];
  const [out, pipe] = [join(folder, "out"), join(folder, "pipe")];
  const flags = ["build", "-f", "/dev/stdin", "-o", out, context];
  expect(await slipway(flags, { input })).toMatchObject({ code: 0 });
  expect(await readFile(join(out, "a.txt"), "utf8")).toBe("content");
  await must("mkfifo", [pipe]);
  const [built] = await Promise.all([slipway(["build", "-f", pipe, context]), writeFile(pipe, input)]);
  expect(built).toMatchObject({ code: 0 });
});

test("builds with a damaged configuration of docker, and warns", async () => {
  const [context, folder] = [await contextOf({ Dockerfile: `${from}${unique()}` }), await tempDir()];
  const env = { DOCKER_CONFIG: folder };
  for (const text of ["", "null", "{", '{"auths": {"r.test": {"auth": "?"}}}']) {
    await writeFile(join(folder, "config.json"), text);
    const { code, stderr } = await slipway(["build", context], { env });
    expect([text, code]).toEqual([text, 0]);
    const warned = stderr.includes(
      `WARNING: Docker's configuration in ${folder}/config.json is not used in full`,
    );
    expect([text, warned]).toEqual([text, text !== ""]);
  }
});

test("takes an empty BUILDKIT_SYNTAX as not given", async () => {
  const context = await contextOf({ Dockerfile: `${from}${unique()}` });
  expect(await slipway(["build", "--build-arg", "BUILDKIT_SYNTAX=", context])).toMatchObject({ code: 0 });
});

test("a check leaves no reference to a build in the metadata file", async () => {
  const context = await contextOf({ Dockerfile: `${from}${unique()}` });
  const metadata = join(await tempDir(), "metadata.json");
  expect(await slipway(["build", "--check", "--metadata-file", metadata, context])).toMatchObject({
    code: 0,
  });
  const written = JSON.parse(await readFile(metadata, "utf8"));
  expect(Object.keys(written)).toContain("result.json");
  expect(Object.keys(written)).not.toContain("buildx.build.ref");
});

test("removes the image id of an earlier build when a build fails", async () => {
  const id = join(await tempDir(), "id");
  await writeFile(id, "sha256:old");
  const context = await contextOf({ Dockerfile: `${from}RUN false\n` });
  expect((await slipway(["build", "--iidfile", id, context])).code).toBe(1);
  await expect(readFile(id)).rejects.toThrow("ENOENT");
});

test("writes a tar to stdout, and a folder", async () => {
  const context = await contextOf({ Dockerfile: "FROM scratch\nCOPY a.txt /dir/\n", "a.txt": "content" });
  const folder = join(await tempDir(), "out");
  const child = spawn(process.execPath, [cli, "build", "-o", "-", context], {
    env: userEnvironment(host, "engine29"),
    stdio: ["ignore", "pipe", "ignore"],
  });
  const chunks: Buffer[] = await child.stdout.toArray();
  const archive = Buffer.concat(chunks);
  expect((await run("tar", ["-xO", "dir/a.txt"], { input: archive })).stdout).toBe("content");
  await slipway(["build", "-o", folder, context]);
  expect(await readFile(join(folder, "dir/a.txt"), "utf8")).toBe("content");
});

test("fails with the reason when the reader of the tar exits", async () => {
  const context = await contextOf({ Dockerfile: `${from}${unique()}` });
  const command = `"${process.execPath}" "${cli}" build -o - "${context}" | head -c 1 >/dev/null; exit "\${PIPESTATUS[0]}"`;
  const { code, stderr } = await run("bash", ["-c", command], {
    env: userEnvironment(host, "engine29"),
    timeout: 180_000,
  });
  expect(stderr).toContain("ERROR: Failed to write the output to stdout");
  expect(code).toBe(1);
});

describe("contexts", () => {
  test("a tar on stdin with another name of the Dockerfile", async () => {
    const folder = await contextOf({
      "docker/Other": `${from}COPY a.txt /\nRUN cat /a.txt\n`,
      "a.txt": "from tar",
    });
    const archive = join(await tempDir(), "context.tar.gz");
    await must("tar", ["-czf", archive, "-C", folder, "."]);
    const result = await slipway(["build", "--no-cache", "--progress", "plain", "-f", "docker/Other", "-"], {
      input: await readFile(archive),
    });
    expect(result.stderr).toContain("from tar");
    expect(result.code).toBe(0);
  });

  test("a tar that xz compressed", async () => {
    // Made with liblzma: a Dockerfile that copies the file "file".
    const archive = Buffer.from(
      "/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj4Cf/AI5dACIbyGbcCWThplxBwkI3RQOJbBbt0m0mJQKD9Ly59ylPHnc17uuSP+RnoTQ9" +
        "ONUsCIzPJGl37hruMS50tHu/JRJb9CEP86GsahrhDaexMIENDvPoEUo/u5UY9SBMdKGxXjbHwehRWZamVV4ky0vqAefOEuU+3HpX" +
        "00Qug4I+zQsjc1cUbEkGnUwhIMlmWyAAAACL1O3dIpyB7QABqgGAUAAAbldXx7HEZ/sCAAAAAARZWg==",
      "base64",
    );
    const out = join(await tempDir(), "out");
    const built = await slipway(["build", "-o", out, "-"], { input: archive });
    expect([built.code, await readFile(join(out, "file"), "utf8").catch(() => built.stderr)]).toEqual([
      0,
      "from xz",
    ]);
  });

  test("a Dockerfile on stdin, alone and with a context", async () => {
    const alone = await slipway(["build", "--no-cache", "--progress", "plain", "-"], {
      input: `${from}RUN echo alone\n`,
    });
    expect(alone.stderr).toMatch(/^#\d+ \d+\.\d+ alone$/m);
    const context = await contextOf({ "a.txt": "with context" });
    const input = `${from}COPY a.txt /\nRUN cat /a.txt\n`;
    const both = await slipway(["build", "--no-cache", "--progress", "plain", "-f", "-", context], { input });
    expect(both.stderr).toContain("with context");
  });

  test("a Dockerfile outside the context, and a named context", async () => {
    const context = await contextOf({ "a.txt": "one" });
    const other = await contextOf({
      "b.txt": "two",
      Dockerfile: `${from}COPY a.txt /\nCOPY --from=other b.txt /\nRUN cat /a.txt /b.txt\n`,
    });
    const args = [
      "build",
      "--no-cache",
      "--progress",
      "plain",
      "-f",
      join(other, "Dockerfile"),
      "--build-context",
      `other=${other}`,
      context,
    ];
    expect((await slipway(args)).stderr).toContain("onetwo");
  });

  test("resolves relative paths in the current folder", async () => {
    const context = await contextOf({ "sub/Dockerfile": "FROM scratch\nCOPY x /\n", "sub/x": "1" });
    const { code, stderr } = await slipway(["build", "-o", "out", "-f", "sub/Dockerfile", "./sub"], {
      cwd: context,
    });
    expect([code, stderr.match(/ERROR.*/)]).toEqual([0, null]);
    expect(await readdir(join(context, "out"))).toEqual(["x"]);
  });
});

test("passes arguments, secrets and targets to the build", async () => {
  const context = await contextOf({
    Dockerfile: [
      `FROM ${baseImageName} AS one`,
      "ARG A",
      "ARG FROM_ENV",
      "RUN --mount=type=secret,id=file --mount=type=secret,id=env,env=S echo $A $FROM_ENV $(cat /run/secrets/file) $S",
      "RUN grep x$ /etc/hosts",
      "FROM one",
      "RUN false",
      "",
    ].join("\n"),
    secret: "hush",
  });
  const args = [
    ...[
      "--build-arg",
      "A=a",
      "--build-arg",
      "FROM_ENV",
      "--secret",
      "id=file,src=secret",
      "--secret",
      "id=env,env=TOKEN",
    ],
    ...["--target", "one", "--add-host", "x:1.2.3.4", "--add-host", "x=1.2.3.5"],
    ...["--no-cache", "--progress", "plain"],
  ];
  const { stderr, code } = await slipway(["build", ...args, "."], {
    cwd: context,
    env: { FROM_ENV: "b", TOKEN: "t0ken" },
  });
  expect(stderr).toMatch(/^#\d+ \d+\.\d+ a b hush t0ken$/m);
  expect(stderr).toMatch(/ 1\.2\.3\.4\s+x$/m);
  expect(stderr).toMatch(/ 1\.2\.3\.5\s+x$/m);
  expect(code).toBe(0);
});

test.each([
  [["--secret", "id=x,src=/nope"], "secret x: open /nope: no such file or directory", "--secret x"],
  [["--secret", "id=x,env=NOT_SET"], "environment variable NOT_SET is not set", "--secret x"],
  [["--output", "type=foo"], /unknown output type "foo"/i, "--output"],
  [["--platform", "foo/bar"], /unknown platform "foo\/bar"/i, "--platform"],
  [["-t", "FOO::"], /invalid tag "FOO::"/i, "--tag"],
  [["--push"], "tag is needed when pushing to registry", "--push"],
  [["--builder", "nope"], 'No builder "nope" found.', "--builder"],
  [["--network", "foo"], /network mode "foo"/i, "--network"],
  [["--call", "foo"], /unknown call "foo"/i, "--call"],
  [["--progress", "foo"], "invalid progress mode foo", "--progress"],
  [["--ulimit", "foo=1"], '"foo" is not a limit', undefined],
  [["--foo"], "unknown option '--foo'", undefined],
  [["--pull=perhaps"], '"perhaps" is not a boolean', undefined],
  [["--resource", "memory=lots"], '"lots" is not a size', "--resource"],
  [["--attest", "type=sbom,disabled=perhaps"], '"perhaps" is not a boolean', undefined],
])("refuses %j before the build", async (args, message, flag) => {
  const context = await contextOf({ Dockerfile: from });
  const { code, stderr } = await withoutBuilds(host, () => slipway(["build", ...args, context]));
  expect(stderr).toMatch(/^ERROR: /m);
  expect(stderr).toMatch(message);
  expect(/^FLAG: (.*)$/m.exec(stderr)?.[1]).toBe(flag);
  expect(code).toBe(1);
});

test("cancels the build on Ctrl-C, with buildx's exit code", async () => {
  const host = await startHost();
  const context = await contextOf({ Dockerfile: `${from}RUN echo begun; sleep 600\n` });
  const child = spawn(process.execPath, [cli, "build", "--no-cache", "--progress", "plain", context], {
    env: userEnvironment(host, "engine29"),
    stdio: ["ignore", "ignore", "pipe"],
  });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  await until("the step to begin", () => /\d begun/.test(stderr));
  child.kill("SIGINT");
  const [code] = await once(child, "close");
  expect(code).toBe(130);
  expect(stderr).toMatch(/^#\d+ CANCELED$/m);
  expect(stderr.trimEnd().split("\n").at(-1)).toBe(
    "ERROR: failed to build: failed to solve: Canceled: context canceled",
  );
  expect((await host.builds.listBuilds({})).builds.map(({ state }) => state)).toEqual([5]);
});

test("cancels the build when the CLI is killed", async () => {
  const host = await startHost();
  const context = await contextOf({ Dockerfile: `${from}RUN echo begun; sleep 600\n` });
  const child = spawn(process.execPath, [cli, "build", "--no-cache", "--progress", "plain", context], {
    env: userEnvironment(host, "engine29"),
    stdio: ["ignore", "ignore", "pipe"],
  });
  let stderr = "";
  child.stderr.on("data", (data) => {
    stderr += data;
  });
  await until("the step to begin", () => /\d begun/.test(stderr));
  child.kill("SIGKILL");
  await until("the build to end", async () => (await host.builds.listBuilds({})).builds[0]?.state === 5);
});

test("builds with the oldest engine", async () => {
  const context = await contextOf({ Dockerfile: `${from}${unique()}RUN echo hello\n` });
  const name = `slipway.test/cli-old:${randomUUID()}`;
  const { code, stdout } = await slipwayOf(host, "engine20")(["build", "-q", "-t", name, context]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^sha256:[0-9a-f]{64}\n$/);
});

test("restores the terminal after the live view", async () => {
  const context = await contextOf({ Dockerfile: `${from}${unique()}RUN echo hello; sleep 4\n` });
  const log = join(await tempDir(), "typescript");
  const command = `stty rows 24 cols 80; "${process.execPath}" "${cli}" build "${context}"`;
  const env = { ...userEnvironment(host, "engine29"), TERM: "xterm", SHELL: "/bin/sh" };
  await must("script", ["-qec", command, log], { env, timeout: 180_000 });
  const screen = await readFile(log, "utf8");
  expect(screen).toContain("[+] Building");
  expect(screen).toContain(" => => # hello");
  expect(screen).toContain("FINISHED");
  expect(screen.lastIndexOf("\x1b[?25h")).toBeGreaterThan(screen.lastIndexOf("\x1b[?25l"));
});

test("works as a docker CLI plugin", async () => {
  const config = await tempDir();
  await mkdir(join(config, "cli-plugins"));
  await must("ln", ["-s", cli, join(config, "cli-plugins/docker-slipway")]);
  const env = { ...userEnvironment(host, "engine20"), DOCKER_CONFIG: config };
  const help = await must("docker", ["--help"], { env });
  expect(help.stdout).toMatch(/^ +slipway\*? +BuildKit builds as a service/m);
  const context = await contextOf({ Dockerfile: `${from}${unique()}` });
  const { stdout } = await must("docker", ["slipway", "build", "-q", context], { env });
  expect(stdout).toMatch(/^sha256:/);
});
