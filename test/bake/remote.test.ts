import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { beforeAll, describe, expect, test } from "vitest";
import { readTypedError } from "../../src/errors/typed-error.js";
import type { FetchBakeRequestSchema } from "../../src/gen/slipway/v1/bake_pb.js";
import { type Slipway, slipwayOf } from "../cli/slipway.js";
import { contextOf } from "../host/build.js";
import { shareHost, type TestHost } from "../host/host.js";
import { freePort, lab, must, tempDir } from "../lab/index.js";
import { makeRepository, serveGit, serveGitHttp, serveGitSsh } from "../session-services/git-server.js";
import { serveBytes } from "../session-services/http-server.js";
import { tarOf } from "../session-services/solve.js";

const shared = shareHost();
let host: TestHost;
let slipway: Slipway;
beforeAll(async () => {
  host = shared();
  await host.builders.createBuilder({
    name: "remote",
    driver: "remote",
    node: { endpoint: lab().buildkitd.address },
  });
  const plain = slipwayOf(host);
  slipway = (args, options) => plain(["bake", "--progress", "plain", ...args], options);
});

const definition = `
target "default" {
  context = "app"
  contexts = { lib = "lib", own = "cwd://own" }
  output = ["type=local,dest=out"]
}
`;

/** A project whose target has contexts in the project and on the client's machine. */
const project = {
  "docker-bake.hcl": definition,
  "app/Dockerfile": "FROM scratch\nCOPY file /app\nCOPY --from=lib file /lib\nCOPY --from=own file /own\n",
  "app/file": "of app",
  "lib/file": "of lib",
};

/** A folder of the client, and what a build of the project writes there. */
async function client() {
  const cwd = await contextOf({ "own/file": "of client" });
  const written = () =>
    Promise.all(["app", "lib", "own"].map((name) => readFile(join(cwd, "out", name), "utf8")));
  return { cwd, written };
}

test.each([
  ["docker", []],
  ["remote", ["--builder", "remote"]],
])("with the %s driver, contexts are in the repository of the definition", async (_, builder) => {
  const folder = await tempDir();
  const inPart = Object.entries(project).map(([name, content]) => [`part/${name}`, content]);
  await makeRepository(folder, Object.fromEntries(inPart));
  const { cwd, written } = await client();
  const url = `${await serveGit(folder)}/repo.git#main:part`;
  const { code, stderr } = await slipway([...builder, url], { cwd });
  expect([code, stderr]).toEqual([0, expect.stringContaining("exporting to client")]);
  expect(await written()).toEqual(["of app", "of lib", "of client"]);
});

describe("a private repository", () => {
  test("at http is fetched with a token, which errors do not show", async () => {
    const folder = await tempDir();
    const secret = 'secret = ["type=env,id=GIT_AUTH_TOKEN,env=BUILDX_BAKE_GIT_AUTH_TOKEN"]';
    await makeRepository(folder, {
      ...project,
      "docker-bake.hcl": definition.replace("output", `${secret}\n  output`),
    });
    const url = `${await serveGitHttp(folder, "token-1234567")}/repo.git`;
    const { cwd, written } = await client();
    const bake = (token: string) =>
      slipway(["--builder", "remote", url], { cwd, env: { BUILDX_BAKE_GIT_AUTH_TOKEN: token } });
    const { code, stderr } = await bake("token-1234567");
    expect([code, stderr]).toEqual([0, expect.anything()]);
    expect(await written()).toEqual(["of app", "of lib", "of client"]);
    const refused = await bake("token-wrong-1");
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("cannot be fetched") });
    expect(refused.stderr).not.toContain("token-wrong-1");
  });

  test("over SSH is fetched with a key", async () => {
    const folder = await tempDir();
    await makeRepository(folder, project);
    const keys = await tempDir();
    for (const name of ["user", "server"])
      await must("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(keys, name)]);
    const key = (name: string) => readFile(join(keys, name));
    const url = `${await serveGitSsh(folder, await key("user.pub"), await key("server"))}/repo.git`;
    const { cwd } = await client();
    const env = { BUILDX_BAKE_GIT_SSH: join(keys, "user") };
    const { code, stdout, stderr } = await slipway(["--builder", "remote", "--print", url], { cwd, env });
    expect([code, stderr]).toEqual([0, ""]);
    expect(JSON.parse(stdout).target.default.context).toBe(`${url}#:app`);
  });
});

test("an archive at http, with files of it and of the client", async () => {
  const text = 'target "default" {\n context = "app"\n output = ["type=local,dest=out"]\n}\n';
  const dockerfile = "FROM scratch\nARG WORD\nCOPY file /app-$WORD\n";
  const archive = tarOf({ "sub/bake.hcl": text, "app/Dockerfile": dockerfile, "app/file": "of app" });
  const url = `${await serveBytes(await buffer(archive))}/source.tar`;
  const cwd = await contextOf({ "local.hcl": 'target "default" { args = { WORD = "word" } }\n' });
  const files = ["-f", "sub/bake.hcl", "-f", "cwd://local.hcl"];
  const { code, stderr } = await slipway(["--builder", "remote", ...files, url], { cwd });
  expect([code, stderr]).toEqual([0, expect.anything()]);
  expect(await readFile(join(cwd, "out/app-word"), "utf8")).toBe("of app");
});

test("a single file at http has its contexts on the client's machine, and knows BAKE_CMD_CONTEXT", async () => {
  const content = 'target "default" {\n context = "own"\n labels = { at = BAKE_CMD_CONTEXT }\n}\n';
  const url = `${await serveBytes(Buffer.from(content))}/docker-bake.hcl?x=y`;
  const { cwd } = await client();
  const other = "https://host/repo.git";
  const { code, stdout } = await slipway(["--builder", "remote", "--print", url, other], { cwd });
  expect(code).toBe(0);
  expect(JSON.parse(stdout).target.default).toMatchObject({ context: "own", labels: { at: other } });
});

test("FetchBake refuses what it cannot fetch", async () => {
  const folder = await tempDir();
  await makeRepository(folder, { "large.hcl": `# ${"x".repeat(9 << 20)}`, file: "" });
  const url = `${await serveGit(folder)}/repo.git`;
  const refused = async (request: MessageInitShape<typeof FetchBakeRequestSchema>) => {
    const error = await host.bakes.fetchBake({ builder: "remote", url, ...request }).catch(readTypedError);
    return "reason" in error && [error.reason, ...error.fields!.map(({ field }) => field)];
  };
  expect({
    "a repository without a definition": await refused({}),
    "a file that is not there": await refused({ files: ["none.hcl"] }),
    "a folder": await refused({ files: ["."] }),
    "a file that is too large": await refused({ files: ["file", "large.hcl"] }),
    "a branch that is not there": await refused({ url: `${url}#none` }),
    "a port without a server": await refused({ url: `http://127.0.0.1:${await freePort()}/file` }),
    "a path": await refused({ url: "folder" }),
    "a secret without id": await refused({ secrets: [{ id: "", value: Buffer.from("x") }] }),
  }).toEqual({
    "a repository without a definition": ["BAKE_FILE_MISSING", "url"],
    "a file that is not there": ["BAKE_FILE_MISSING", "files[0]"],
    "a folder": ["BAKE_FILE_MISSING", "files[0]"],
    "a file that is too large": ["BAKE_TOO_LARGE", "files[1]"],
    "a branch that is not there": ["BAKE_FETCH_FAILED", "url"],
    "a port without a server": ["BAKE_FETCH_FAILED", "url"],
    "a path": ["CONTEXT_URL_INVALID", "url"],
    "a secret without id": ["SECRET_ID_MISSING", "secrets[0]"],
  });
});
