import { execFile } from "node:child_process";
import { mkdir, readFile, readlink, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { contextOf } from "../host/build.js";
import { startHost } from "../host/host.js";
import { freePort, lab, run, tempDir } from "../lab/index.js";
import { slipwayOf } from "./slipway.js";

/** The CLI with a host on TCP, which does not read the user's files. */
async function remote() {
  const folder = await tempDir();
  const tokenFile = join(folder, "token");
  await writeFile(tokenFile, "0123456789abcdef0123456789abcdef\n", { mode: 0o600 });
  const port = await freePort();
  const host = await startHost({ args: ["--tcp", `127.0.0.1:${port}`, "--token-file", tokenFile] });
  // The environment of remote callers selects no engine.
  const node = { endpoint: lab().buildkitd.address };
  await host.builders.createBuilder({ name: "present", driver: "remote", node });
  const env = {
    SLIPWAY_HOST: `http://127.0.0.1:${port}`,
    SLIPWAY_TOKEN_FILE: tokenFile,
    BUILDX_BUILDER: "present",
  };
  const slipway = slipwayOf(host);
  return {
    host,
    slipway: (args: string[], cwd?: string, input?: Buffer) => slipway(args, { env, cwd, input }),
  };
}

test("uploads files and downloads outputs", async () => {
  const { slipway } = await remote();
  const context = await contextOf({
    Dockerfile: "FROM scratch\nCOPY . /all/\n",
    ".dockerignore": "ignored\nDockerfile\n",
    "sub/run.sh": "#!/bin/sh\n",
    ignored: "x",
    secret: "s",
  });
  const out = join(await tempDir(), "out");
  const first = await slipway(["build", "--progress", "plain", "-o", out, context]);
  expect([first.code, first.stderr.match(/ERROR.*/)]).toEqual([0, null]);
  expect(await readFile(join(out, "all/sub/run.sh"), "utf8")).toBe("#!/bin/sh\n");
  await expect(stat(join(out, "all/ignored"))).rejects.toThrow("ENOENT");

  const archive = join(out, "image.tar");
  const second = await slipway(["build", "-o", `type=tar,dest=${archive}`, context]);
  expect(second.code).toBe(0);
  expect((await run("tar", ["-tf", archive])).stdout).toContain("all/sub/run.sh");
});

test("keeps file names in any bytes, of a folder and of an archive", async () => {
  const { slipway } = await remote();
  const context = await contextOf({
    Dockerfile: "FROM scratch\nCOPY . /\n",
    ".dockerignore": "Dockerfile\n",
  });
  const bytes = (name: string) => Buffer.from(name, "latin1");
  const at = (folder: string, name: string) => Buffer.concat([Buffer.from(`${folder}/`), bytes(name)]);
  await mkdir(at(context, "d\xff"));
  await writeFile(at(context, "d\xff/caf\xe9"), "content");
  await symlink(bytes("\x80"), at(context, "link"));
  const { stdout: archive } = await promisify(execFile)("tar", ["-C", context, "-c", "."], {
    encoding: "buffer",
  });
  for (const [source, input] of [[context], ["-", archive]] as const) {
    const out = join(await tempDir(), "out");
    const { code, stderr } = await slipway(["build", "-o", out, source], undefined, input);
    expect([code, stderr]).toEqual([0, expect.anything()]);
    expect(await readFile(at(out, "d\xff/caf\xe9"), "utf8")).toBe("content");
    expect(await readlink(at(out, "link"), { encoding: "buffer" })).toEqual(bytes("\x80"));
  }
});

test("sends a Dockerfile outside the context, named contexts and secrets", async () => {
  const { slipway } = await remote();
  const folder = await contextOf({
    "context/a": "A",
    "other/b": "B",
    "docker/Dockerfile": `FROM ${lab().registry.baseImage}\nCOPY a /\nCOPY --from=other b /\nRUN --mount=type=secret,id=s cat /a /b /run/secrets/s\n`,
    token: "C",
  });
  const args = [
    "--no-cache",
    "--progress",
    "plain",
    "-f",
    "docker/Dockerfile",
    "--build-context",
    "other=other",
  ];
  const { stderr, code } = await slipway(["build", ...args, "--secret", "id=s,src=token", "context"], folder);
  expect(stderr).toMatch(/^#\d+ \d+\.\d+ ABC$/m);
  expect(code).toBe(0);
});

test("refuses to forward an agent's socket", async () => {
  const { slipway, host } = await remote();
  const context = await contextOf({ Dockerfile: "FROM scratch\nCOPY Dockerfile /\n" });
  const { stderr, code } = await slipway(["build", "--ssh", `default=${host.socket}`, context]);
  expect([code, stderr]).toEqual([
    1,
    expect.stringContaining("cannot be forwarded to a host on another machine"),
  ]);
});

test("writes no output when the build fails", async () => {
  const { slipway } = await remote();
  const context = await contextOf({ Dockerfile: `FROM ${lab().registry.baseImage}\nRUN exit 4\n` });
  const out = join(await tempDir(), "out");
  await mkdir(out);
  const { code, stderr } = await slipway(["build", "-o", `type=tar,dest=${join(out, "x.tar")}`, context]);
  expect([code, stderr]).toEqual([1, expect.stringContaining("exit code: 4")]);
  await expect(stat(join(out, "x.tar"))).rejects.toThrow("ENOENT");
});
