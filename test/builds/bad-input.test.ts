import { chmod, mkdir, symlink, writeFile } from "node:fs/promises";
import { createConnection } from "node:net";
import { join } from "node:path";
import { Code } from "@connectrpc/connect";
import { beforeAll, expect, it } from "vitest";
import { readTypedError } from "../../src/errors/typed-error.js";
import { contextOf, fromPath, type SpecInit, withoutBuilds } from "../host/build.js";
import { engineEnvironment, shareHost, type TestHost } from "../host/host.js";
import { tempDir } from "../lab/index.js";

const shared = shareHost();
let host: TestHost;

beforeAll(() => {
  host = shared();
});

/** The error of StartBuild for a specification; checks that it made no build. */
async function refusalOf(spec: SpecInit) {
  const given = { environment: engineEnvironment("engine29"), ...spec };
  const start = () => host.builds.startBuild({ spec: given }).catch((e) => e);
  return readTypedError(await withoutBuilds(host, start));
}

it("refuses a context that cannot be used, and names its field", async () => {
  const file = join(await contextOf({ file: "" }), "file");
  expect(await refusalOf({ context: fromPath("/no/such/folder") })).toMatchObject({
    code: Code.NotFound,
    reason: "CONTEXT_NOT_FOUND",
    message: 'unable to prepare context: path "/no/such/folder" not found',
    fields: [{ field: "spec.context.path" }],
  });
  expect(await refusalOf({ context: fromPath(file) })).toMatchObject({ reason: "CONTEXT_NOT_A_DIRECTORY" });
  expect(await refusalOf({ context: { source: { case: "upload", value: "none" } } })).toMatchObject({
    code: Code.NotFound,
    reason: "UPLOAD_NOT_FOUND",
  });
});

it("refuses a Dockerfile that cannot be used, and names its field", async () => {
  const empty = await tempDir();
  expect(await refusalOf({ context: fromPath(empty) })).toMatchObject({
    code: Code.NotFound,
    reason: "DOCKERFILE_NOT_FOUND",
    message: "failed to read dockerfile: open Dockerfile: no such file or directory",
  });
  await mkdir(join(empty, "Dockerfile"));
  expect(await refusalOf({ context: fromPath(empty) })).toMatchObject({ reason: "DOCKERFILE_NOT_A_FILE" });
  const outside = await contextOf({ Secret: "FROM scratch\n" });
  const inside = await tempDir();
  await symlink(join(outside, "Secret"), join(inside, "Dockerfile"));
  expect(await refusalOf({ context: fromPath(inside) })).toMatchObject({
    reason: "DOCKERFILE_OUTSIDE_CONTEXT",
  });
  const path = { source: { case: "path" as const, value: "/no/Dockerfile" } };
  expect(await refusalOf({ context: fromPath(inside), dockerfile: path })).toMatchObject({
    reason: "DOCKERFILE_NOT_FOUND",
    fields: [{ field: "spec.dockerfile.path" }],
  });
});

it("does not follow a symbolic link out of the context", async () => {
  const outside = await contextOf({ secret: "out of bounds" });
  const context = await contextOf({ Dockerfile: "FROM scratch\nCOPY link/secret /\n" });
  await symlink(outside, join(context, "link"));
  const { build } = await host.builds.startBuild({
    spec: { environment: engineEnvironment("engine29"), context: fromPath(context) },
  });
  let reason = "";
  for await (const { event } of host.builds.watchBuild({ id: build!.id })) {
    if (event?.event.case === "finished") reason = event.event.value.error?.reason ?? "built";
  }
  expect(reason).toBe("FILE_NOT_FOUND");
});

it("refuses an unknown builder, and lists the existing ones", async () => {
  const context = fromPath(await contextOf({ Dockerfile: "FROM scratch\n" }));
  const error = await refusalOf({ context, builder: "nope" });
  expect(error).toMatchObject({
    code: Code.NotFound,
    reason: "BUILDER_UNKNOWN",
    fields: [{ field: "spec.builder" }],
  });
  expect(error.remedy).toContain("default");
});

it("refuses outputs that cannot be written", async () => {
  const context = fromPath(await contextOf({ Dockerfile: "FROM scratch\nCOPY Dockerfile /\n" }));
  const to = (type: string, value: string) => ({
    context,
    outputs: [{ type, destination: { case: "path" as const, value } }],
  });
  const file = join(await contextOf({ file: "" }), "file");
  expect(await refusalOf(to("tar", join(file, "out.tar")))).toMatchObject({ reason: "OUTPUT_PATH_INVALID" });
  expect(await refusalOf(to("tar", "/tmp"))).toMatchObject({ reason: "OUTPUT_PATH_INVALID" });
  expect(await refusalOf(to("local", file))).toMatchObject({ reason: "OUTPUT_PATH_INVALID" });
});

it("refuses an engine that cannot be reached, with its address", async () => {
  const context = fromPath(await contextOf({ Dockerfile: "FROM scratch\n" }));
  const error = await refusalOf({ context, environment: { DOCKER_HOST: "unix:///no/such/docker.sock" } });
  expect(error).toMatchObject({ code: Code.Unavailable });
  expect(error.message).toContain("/no/such/docker.sock");
  expect(error.remedy).toBeTruthy();
});

it("refuses options for the docker driver, with the remedy", async () => {
  const create = (node: Parameters<typeof host.builders.createBuilder>[0]["node"], driver = "docker") =>
    host.builders.createBuilder({ name: "b", driver, node }).then(
      () => ({ reason: "accepted", message: "", remedy: "" }),
      (cause) => readTypedError(cause),
    );
  expect((await create({ options: { memory: "1g" } })).message).toMatch(
    /Driver options are not supported for docker driver/,
  );
  expect((await create({ daemonFiles: { "buildkitd.toml": Buffer.from("debug = true") } })).message).toMatch(
    /Setting config file is not supported for docker driver, use dockerd configuration file/,
  );
  expect((await create({})).message).toMatch(/Additional instances of driver "docker" cannot be created/);
  expect(await create({}, "nope")).toMatchObject({ reason: "DRIVER_UNKNOWN" });
  expect((await host.builders.listBuilders({})).builders.filter(({ implicit }) => !implicit)).toEqual([]);
});

it("refuses a message over the limit, and names the limit", async () => {
  const content = Buffer.alloc(17 * 1024 * 1024);
  const dockerfile = { source: { case: "content" as const, value: content } };
  const error = readTypedError(
    await host.builds
      .startBuild({ spec: { context: { source: { case: "empty", value: {} } }, dockerfile } })
      .catch((e) => e),
  );
  expect(error).toMatchObject({ code: Code.ResourceExhausted });
  expect(error.message).toContain(String(16 * 1024 * 1024));
});

it("restricts its socket to its user", async () => {
  const { stat } = await import("node:fs/promises");
  expect((await stat(host.socket)).mode & 0o777).toBe(0o600);
  await new Promise<void>((resolve, reject) => {
    createConnection(host.socket).once("connect", resolve).once("error", reject);
  });
});

it("refuses a Dockerfile that cannot be read", async () => {
  const context = await contextOf({});
  await writeFile(join(context, "Dockerfile"), "FROM scratch\n");
  await chmod(join(context, "Dockerfile"), 0);
  const asRoot = process.getuid?.() === 0;
  if (!asRoot) {
    expect(await refusalOf({ context: fromPath(context) })).toMatchObject({
      reason: "DOCKERFILE_UNREADABLE",
    });
  }
  // Root can read every file, so a symbolic link to itself shows that the check exists.
  const loop = await tempDir();
  await symlink("Dockerfile", join(loop, "Dockerfile"));
  expect(await refusalOf({ context: fromPath(loop) })).toMatchObject({ reason: "DOCKERFILE_UNREADABLE" });
});
