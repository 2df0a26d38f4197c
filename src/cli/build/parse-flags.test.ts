import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { parseAnnotations } from "../../inputs/annotations.js";
import { parseExtraHosts } from "../../inputs/extra-hosts.js";
import { parseResources } from "../../inputs/resources.js";
import { parseAllow } from "./allow.js";
import { parseAssignments } from "./assignments.js";
import { parseAttestations } from "./attestations.js";
import { parseCaches } from "./caches.js";
import { parseCall } from "./call.js";
import { findInputs, findNamedContexts } from "./contexts.js";
import { parseOutputs } from "./outputs.js";
import { parsePlatforms } from "./platforms.js";
import { readSecrets } from "./secrets.js";
import { readSsh } from "./ssh.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "slipway-flags-"));
  await writeFile(join(folder, "Dockerfile"), "FROM scratch\n");
  await writeFile(join(folder, "token"), "s3cret");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("takes build arguments from the environment, or omits them", () => {
  expect(parseAssignments("--build-arg", ["A=1", "B", "C", "D=x=y"], { B: "2" })).toEqual({
    A: "1",
    B: "2",
    D: "x=y",
  });
  expect(parseAssignments("--label", ["a"])).toEqual({ a: "" });
  expect(() => parseAssignments("--build-arg", ["=x"])).toThrow('invalid key-value pair "=x": empty key');
});

test("parses hosts in both forms", () => {
  expect(
    parseExtraHosts("--add-host", ["a:1.2.3.4", "a=::1", "c:[fe80::1]", "d:host-gateway,e:5.6.7.8"]),
  ).toEqual([
    { name: "a", address: "1.2.3.4" },
    { name: "a", address: "::1" },
    { name: "c", address: "fe80::1" },
    { name: "d", address: "host-gateway" },
    { name: "e", address: "5.6.7.8" },
  ]);
  for (const bad of ["foo", "foo:bar", ":1.2.3.4", "=::1"]) {
    expect(() => parseExtraHosts("--add-host", [bad])).toThrow(`invalid host ${bad}`);
  }
});

test("takes platforms from the flag or from DOCKER_DEFAULT_PLATFORM", () => {
  expect(parsePlatforms(["linux/arm64, linux/amd64", "windows"], {})).toEqual([
    "linux/arm64",
    "linux/amd64",
    "windows",
  ]);
  expect(parsePlatforms(undefined, { DOCKER_DEFAULT_PLATFORM: "linux/s390x" })).toEqual(["linux/s390x"]);
  expect(parsePlatforms(undefined, {})).toEqual([]);
  expect(parsePlatforms(["local"], {})[0]).toMatch(/^[a-z]+\/[a-z0-9]+$/);
});

test("groups attestations by type", () => {
  expect(parseAttestations({ attest: ["type=sbom,generator=img"], provenance: "mode=max" }, {})).toEqual({
    sbom: "generator=img",
    provenance: "mode=max",
  });
  expect(parseAttestations({ provenance: "false", sbom: "true" }, {})).toEqual({
    provenance: "disabled=true",
    sbom: "",
  });
  expect(parseAttestations({}, { BUILDX_NO_DEFAULT_ATTESTATIONS: "1" })).toEqual({
    provenance: "disabled=true",
  });
  expect(() => parseAttestations({ attest: ["mode=max"] }, {})).toThrow("attestation type not specified");
});

test("returns an annotation for each level", () => {
  expect(parseAnnotations("--annotation", ["a=1", "index,manifest[linux/amd64]:b=2"])).toEqual({
    a: "1",
    "index:b": "2",
    "manifest[linux/amd64]:b": "2",
  });
  expect(() => parseAnnotations("--annotation", ["image:a=1"])).toThrow("unknown annotation type");
});

test("parses caches", () => {
  expect(parseCaches("--cache-from", ["user/app:cache,other/app", "type=local,src=dir"], {})).toEqual([
    { type: "registry", attributes: { ref: "user/app:cache" } },
    { type: "registry", attributes: { ref: "other/app" } },
    { type: "local", attributes: { src: join(process.cwd(), "dir") } },
  ]);
  const actions = { ACTIONS_RUNTIME_TOKEN: "t", ACTIONS_RESULTS_URL: "u", ACTIONS_CACHE_SERVICE_V2: "true" };
  expect(parseCaches("--cache-to", ["type=gha,mode=max"], actions)).toEqual([
    { type: "gha", attributes: { mode: "max", token: "t", url_v2: "u", url: "u" } },
  ]);
  expect(() => parseCaches("--cache-to", ["type=gha"], {})).toThrow("needs the token");
  expect(() => parseCaches("--cache-to", ["ref=x"], {})).toThrow('type required for "ref=x"');
});

test("parses calls", () => {
  expect(parseCall({})).toBeUndefined();
  expect(parseCall({ call: "build" })).toBeUndefined();
  expect(parseCall({ check: true })).toEqual({ name: "check", json: false, ignoreStatus: false });
  expect(parseCall({ call: "lint,format=json,ignorestatus=true" })).toEqual({
    name: "check",
    json: true,
    ignoreStatus: true,
  });
  expect(() => parseCall({ call: "check,foo=1" })).toThrow("invalid call value");
});

test("converts resources to attributes of the frontend", () => {
  expect(
    parseResources("--resource", ["memory=2g", "memory-swap=-1", "cpu-quota=50000", "cpuset-cpus=0-3"]),
  ).toEqual({
    memory: String(2 * 1024 ** 3),
    memswap: "-1",
    cpuquota: "50000",
    cpusetcpus: "0-3",
  });
  expect(() => parseResources("--resource", ["disk=1"])).toThrow("unknown resource");
  expect(() => parseResources("--resource", ["cpu-quota=a"])).toThrow('"a" is not a number');
});

describe("outputs", () => {
  const options = { env: {}, stdoutIsTerminal: false };
  const parse = (...output: string[]) => parseOutputs({ output }, options);

  test("short forms", async () => {
    expect(await parse("out", "-")).toEqual([
      { type: "local", attributes: {}, destination: { kind: "folder", path: join(process.cwd(), "out") } },
      { type: "tar", attributes: {}, destination: { kind: "stdout" } },
    ]);
  });

  test("long forms", async () => {
    expect(
      await parse(
        "type=oci,dest=x.tar,compression=zstd",
        '"type=local","dest=a,b"',
        "type=oci,tar=false,dest=d",
      ),
    ).toEqual([
      {
        type: "oci",
        attributes: { compression: "zstd" },
        destination: { kind: "file", path: join(process.cwd(), "x.tar") },
      },
      { type: "local", attributes: {}, destination: { kind: "folder", path: join(process.cwd(), "a,b") } },
      {
        type: "oci",
        attributes: { tar: "false" },
        destination: { kind: "folder", path: join(process.cwd(), "d") },
      },
    ]);
    expect(await parse("type=docker,context=far")).toEqual([
      { type: "docker", attributes: {}, destination: { kind: "image-store", endpoint: "far" } },
    ]);
  });

  test("--push and --load change a matching output, or add one", async () => {
    expect(await parseOutputs({ output: ["type=image,name=a"], push: true, load: true }, options)).toEqual([
      {
        type: "image",
        attributes: { name: "a", push: "true", unpack: "false" },
        destination: { kind: "none" },
      },
      { type: "docker", attributes: {}, destination: { kind: "image-store", endpoint: "" } },
    ]);
    expect(await parseOutputs({ push: true }, options)).toEqual([
      { type: "registry", attributes: {}, destination: { kind: "none" } },
    ]);
  });

  test("BUILDX_NO_DEFAULT_LOAD leaves the result in the cache", async () => {
    expect(await parseOutputs({}, { ...options, env: { BUILDX_NO_DEFAULT_LOAD: "1" } })).toMatchObject([
      { type: "cacheonly" },
    ]);
    expect(await parseOutputs({}, options)).toEqual([]);
  });

  test("refuses destinations that cannot be written", async () => {
    const file = join(folder, "Dockerfile");
    await expect(parse(`type=local,dest=${file}`)).rejects.toThrow("is a file");
    await expect(parse(`type=tar,dest=${folder}`)).rejects.toThrow("is a directory");
    await expect(parse("type=local")).rejects.toThrow("dest is required for local exporter");
    await expect(parse("type=local,dest=-")).rejects.toThrow("dest cannot be stdout");
    await expect(parse("dest=x,tar=true")).rejects.toThrow("type is required for output");
    await expect(parse("-", "type=oci")).rejects.toThrow("multiple outputs configured to write to stdout");
    await expect(parse("type=local,mode=delete,dest=/tmp/elsewhere")).rejects.toThrow(
      "requires --allow=buildx.local.delete",
    );
    await expect(parseOutputs({ output: ["-"] }, { ...options, stdoutIsTerminal: true })).rejects.toThrow(
      "refusing to write to console",
    );
    await expect(parseOutputs({ output: ["out"], iidfile: "x" }, options)).rejects.toThrow("image ID file");
  });
});

describe("mode=delete", () => {
  const parse = async (dest: string, allow: string[] = []) =>
    (await parseOutputs({ output: [`type=local,mode=delete,dest=${dest}`], allow }, options))[0]!.destination;
  const options = { env: {}, stdoutIsTerminal: false };

  beforeAll(async () => {
    await mkdir(join(folder, "work/inside"), { recursive: true });
    await mkdir(join(folder, "outside"));
    await symlink(join(folder, "outside"), join(folder, "work/link"));
    await symlink("inside", join(folder, "work/inner-link"));
    await symlink(join(folder, "work"), join(folder, "link-to-work"));
  });

  const enter = (path: string) => {
    const spy = vi.spyOn(process, "cwd").mockReturnValue(path);
    onTestFinished(() => spy.mockRestore());
  };

  test.each(["inside", "new", "new/deep", "inner-link", "inner-link/new", "..names"])(
    "may empty %s in the working directory",
    async (dest) => {
      enter(join(await realpath(folder), "work"));
      expect(await parse(dest)).toMatchObject({ kind: "folder" });
      enter(join(folder, "link-to-work"));
      expect(await parse(dest)).toMatchObject({ kind: "folder" });
    },
  );

  test.each(["link", "link/new", "inside/../link", ".", "..", "../outside", "../link-to-work"])(
    "may empty %s only if it is allowed",
    async (dest) => {
      enter(join(await realpath(folder), "work"));
      await expect(parse(dest)).rejects.toMatchObject({
        reason: "OUTPUT_INVALID",
        message: expect.stringContaining("requires --allow=buildx.local.delete"),
      });
      expect(await parse(dest, ["buildx.local.delete"])).toMatchObject({ kind: "folder" });
    },
  );
});

test("reads what is allowed", () => {
  expect(parseAllow(["network.host", "", "buildx.local.delete", "device=x"])).toEqual({
    entitlements: ["network.host", "device=x"],
    deleting: true,
  });
  expect(parseAllow()).toEqual({ entitlements: [], deleting: false });
  for (const value of ["buildx.local.delete=true", "buildx.local.delete="]) {
    expect(() => parseAllow([value])).toThrow("buildx.local.delete does not accept a value");
  }
});

test("reads secrets from files and variables", async () => {
  const file = join(folder, "token");
  const values = await readSecrets(
    [
      `id=a,src=${file}`,
      "id=b,env=TOKEN",
      "id=TOKEN",
      `id=c,type=file,source=${file}`,
      "type=env,id=d,src=TOKEN",
    ],
    {
      TOKEN: "x",
    },
  );
  expect(values.map(({ id, value }) => [id, Buffer.from(value).toString()])).toEqual([
    ["a", "s3cret"],
    ["b", "x"],
    ["TOKEN", "x"],
    ["c", "s3cret"],
    ["d", "x"],
  ]);
});

test.each([
  ["id=a,src=/nope", "no such file"],
  ["id=a,env=UNSET", "environment variable UNSET is not set"],
  ["src=/x", "secret missing ID"],
  ["id=a,type=vault", "unsupported secret type"],
  ["id=a,path=x", "unexpected key 'path'"],
  ["id", "not a key=value pair"],
])("secret %s is refused", async (text, message) => {
  await expect(readSecrets([text], {})).rejects.toThrow(message);
});

test("passes SSH agents by path, and keys as bytes", async () => {
  const socket = join(folder, "agent.sock");
  const server = createServer().listen(socket);
  await new Promise((resolve) => server.once("listening", resolve));
  try {
    expect(await readSsh(["default", `k=${join(folder, "token")}`], { SSH_AUTH_SOCK: socket })).toEqual([
      { id: "default", agentSocket: socket },
      { id: "k", keys: [Buffer.from("s3cret")] },
    ]);
    await expect(readSsh([`a=${socket},${join(folder, "token")}`], {})).rejects.toThrow(
      "only single socket allowed",
    );
  } finally {
    server.close();
  }
  await expect(readSsh(["default"], {})).rejects.toThrow("make sure SSH_AUTH_SOCK is set");
  await expect(readSsh(["a=/nope"], {})).rejects.toThrow("ENOENT");
});

describe("contexts", () => {
  const stdin = (text: string | Buffer) => () => Readable.from(text.length > 0 ? [Buffer.from(text)] : []);

  test("finds a folder with its Dockerfile", async () => {
    expect(await findInputs({ context: folder }, stdin(""))).toEqual({
      context: { kind: "folder", path: folder },
      dockerfile: { kind: "default" },
    });
    expect(await findInputs({ context: folder, file: join(folder, "token") }, stdin(""))).toMatchObject({
      dockerfile: { kind: "path", path: join(folder, "token") },
    });
  });

  test("reads a Dockerfile from stdin", async () => {
    const content = Buffer.from("FROM scratch");
    expect(await findInputs({ context: "-" }, stdin(content))).toEqual({
      context: { kind: "empty" },
      dockerfile: { kind: "content", content },
    });
    expect(await findInputs({ context: folder, file: "-" }, stdin(content))).toMatchObject({
      context: { kind: "folder" },
      dockerfile: { kind: "content", content },
    });
  });

  test("reads a Dockerfile from a pipe, which only this process can open", async () => {
    const pipe = join(folder, "pipe");
    execFileSync("mkfifo", [pipe]);
    const content = Buffer.from("FROM scratch");
    const found = findInputs({ context: folder, file: pipe }, stdin(""));
    await Promise.all([writeFile(pipe, content), found]);
    expect((await found).dockerfile).toEqual({ kind: "content", content });
    for (const file of ["/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"]) {
      expect((await findInputs({ context: folder, file }, stdin(content))).dockerfile).toEqual({
        kind: "content",
        content,
      });
      await expect(findInputs({ context: "-", file }, stdin(content))).rejects.toThrow("can't use stdin");
    }
  });

  test("passes an archive on stdin unchanged", async () => {
    const archive = Buffer.concat([Buffer.from([0x1f, 0x8b, 0x08]), Buffer.alloc(2000, 7)]);
    const chunks = Readable.from([archive.subarray(0, 1), archive.subarray(1, 700), archive.subarray(700)]);
    const { context, dockerfile } = await findInputs({ context: "-", file: "sub/Dockerfile" }, () => chunks);
    expect(dockerfile).toEqual({ kind: "name", name: "sub/Dockerfile" });
    if (context.kind !== "tar") throw new Error(context.kind);
    expect(Buffer.concat(await context.stream.toArray())).toEqual(archive);
  });

  test("recognizes URLs", async () => {
    expect(await findInputs({ context: "git@github.com:user/repo.git#main" }, stdin(""))).toEqual({
      context: { kind: "url", url: "git@github.com:user/repo.git#main", overSsh: true },
      dockerfile: { kind: "default" },
    });
    expect(
      await findInputs({ context: "https://host/x.tar", file: "a/Dockerfile" }, stdin("")),
    ).toMatchObject({
      dockerfile: { kind: "name", name: "a/Dockerfile" },
    });
  });

  test("refuses missing files", async () => {
    const find = (context: string, file?: string, input = "") => findInputs({ context, file }, stdin(input));
    await expect(find("/nope")).rejects.toThrow('unable to prepare context: path "/nope" not found');
    await expect(find(folder, join(folder, "other"))).rejects.toThrow(
      "open other: no such file or directory",
    );
    await expect(find("-", "-", "x")).rejects.toThrow("can't use stdin for both");
    await expect(find("-", "x", "FROM scratch")).rejects.toThrow("ambiguous Dockerfile source");
    await expect(find("-")).rejects.toThrow("Stdin is empty");
  });

  test("parses named contexts", async () => {
    const found = await findNamedContexts([
      `src=${folder}`,
      "alpine=docker-image://alpine:3",
      "layout=oci-layout://rel/dir:tag",
      "only=oci-layout://rel/dir",
      "repo=https://host/x.git",
    ]);
    expect(Object.fromEntries(found)).toEqual({
      src: { kind: "folder", path: folder },
      alpine: { kind: "image", ref: "alpine:3" },
      layout: { kind: "oci-layout", url: `oci-layout://${join(process.cwd(), "rel/dir")}:tag` },
      only: { kind: "oci-layout", url: `oci-layout://${join(process.cwd(), "rel/dir")}` },
      repo: { kind: "url", url: "https://host/x.git", overSsh: false },
    });
    await expect(findNamedContexts(["src=/nope"])).rejects.toThrow("is not a folder");
  });
});
