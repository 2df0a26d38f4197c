import { randomUUID } from "node:crypto";
import { readdir } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { readTypedError } from "../../src/errors/typed-error.js";
import { BuildState } from "../../src/gen/slipway/v1/build_event_pb.js";
import { contextOf, fromPath, runBuild } from "../host/build.js";
import { engineEnvironment, shareHost } from "../host/host.js";
import { lab, must, type RunningBuildkitd, startBuildkitd, tempDir } from "../lab/index.js";
import { type RunningS3, startS3 } from "../lab/s3.js";
import { builder, errorOf, manifestOf, newRepository, type User, userOf } from "./harness.js";

/** A daemon with an empty cache. */
let other: RunningBuildkitd;
let s3: RunningS3;
beforeAll(async () => {
  [other, s3] = await Promise.all([startBuildkitd(), startS3()]);
}, 300_000);
afterAll(() => Promise.all([other?.stop(), s3?.stop()]));

let user: User;
let context: string;
const host = shareHost();
beforeAll(async () => {
  user = await userOf(host());
  await user.host.builders.createBuilder({
    name: "other",
    driver: "remote",
    node: { endpoint: other.address },
  });
});
beforeEach(async () => {
  const id = randomUUID();
  context = await contextOf({
    Dockerfile: [
      `FROM ${lab().registry.baseImage} AS first`,
      `RUN echo first ${id} > /first`,
      `FROM ${lab().registry.baseImage}`,
      "COPY --from=first /first /first",
      `RUN echo last ${id} > /last`,
      "",
    ].join("\n"),
  });
});

/** Builds and exports the cache, then imports it on the other daemon; returns the steps that are cached there. */
async function cachedSteps(
  to: string[],
  from: string,
  { env = {}, target = "" }: { env?: Record<string, string>; target?: string } = {},
): Promise<string[]> {
  const exported = await user.slipway(["build", ...to, context], { env });
  expect(exported.code, exported.stderr).toBe(0);
  const args = [
    "build",
    "--builder",
    "other",
    "--progress=plain",
    "--cache-from",
    from,
    "--target",
    target,
    context,
  ];
  const imported = await user.slipway(args, { env });
  expect(imported.code, imported.stderr).toBe(0);
  const steps = [...imported.stderr.matchAll(/^(#\d+) (\[.* RUN echo \w+) /gm)];
  const cached = steps.filter(([, id]) => imported.stderr.includes(`${id} CACHED\n`));
  return [...new Set(cached.map(([, , name]) => name!.replace(/^.*RUN echo /, "")))].sort();
}

describe("an exported cache is imported by another daemon", () => {
  test("registry, with all stages, or only those of the image", async () => {
    const ref = `${newRepository()}:cache`;
    expect(
      await cachedSteps(["--cache-to", `type=registry,ref=${ref},mode=max,compression=zstd`], ref),
    ).toEqual(["first", "last"]);
    const types = (await manifestOf(...split(ref))).layers?.map(({ mediaType }) => mediaType);
    expect(types).toContainEqual(expect.stringMatching(/zstd$/));
    const stage = ["--cache-to", `type=registry,ref=${ref},mode=max`, "--build-arg", "X=1"];
    expect(await cachedSteps(stage, ref, { target: "first" })).toEqual(["first"]);
  });

  test("registry, mode=min, with Docker's media types", async () => {
    const ref = `${newRepository()}:cache`;
    const to = `type=registry,ref=${ref},oci-mediatypes=false,image-manifest=false`;
    expect(await cachedSteps(["--cache-to", to], ref, { target: "first" })).toEqual([]);
    expect(await cachedSteps(["--cache-to", to], ref)).toContain("last");
    expect((await manifestOf(...split(ref))).mediaType).toBe(
      "application/vnd.docker.distribution.manifest.list.v2+json",
    );
  });

  test("inline, in the image", async () => {
    for (const to of [
      ["--cache-to", "type=inline"],
      ["--build-arg", "BUILDKIT_INLINE_CACHE=1"],
    ]) {
      const ref = `${newRepository()}:1`;
      expect(await cachedSteps(["-t", ref, "--push", ...to, "--no-cache"], ref)).toContain("last");
    }
  });

  test("local, by tag, and reset", async () => {
    const folder = join(await tempDir(), "new", "cache");
    const blobs = async () => (await readdir(join(folder, "blobs/sha256"))).length;
    const to = `type=local,dest=${folder},mode=max,tag=one`;
    expect(await cachedSteps(["--cache-to", to], `type=local,src=${folder},tag=one`)).toEqual([
      "first",
      "last",
    ]);
    await must("skopeo", ["inspect", "--raw", `oci:${folder}:one`]);
    const before = await blobs();
    // Other content under the same tag leaves the former blobs, unless reset=true.
    const next = ["build", "--no-cache", "--build-arg", "X=1", "--cache-to"];
    await user.slipway([...next, to, context]);
    expect(await blobs()).toBeGreaterThan(before);
    await user.slipway([...next, `${to},reset=true`, context]);
    expect(await blobs()).toBe(before);
  });

  test("s3, with the credentials of the environment", async () => {
    const attributes = `type=s3,region=eu-test-1,bucket=${s3.bucket},endpoint_url=${s3.url},use_path_style=true,name=${randomUUID()}`;
    const env = { AWS_ACCESS_KEY_ID: "key", AWS_SECRET_ACCESS_KEY: "secret" };
    expect(await cachedSteps(["--cache-to", `${attributes},mode=max`], attributes, { env })).toEqual([
      "first",
      "last",
    ]);
  });

  test("two sources, one of which does not exist", async () => {
    const ref = `${newRepository()}:cache`;
    await user.slipway(["build", "--cache-to", `type=registry,ref=${ref}`, context]);
    const args = [
      "build",
      "--builder",
      "other",
      "--progress=plain",
      "--cache-from",
      `${newRepository()}:none,${ref}`,
      context,
    ];
    const { code, stderr } = await user.slipway(args);
    expect([
      code,
      stderr.match(/ERROR: failed to configure registry cache importer: .*not found/)?.length,
    ]).toEqual([0, 1]);
    expect(stderr).toMatch(/CACHED/);
  });
});

function split(ref: string): [name: string, tag: string] {
  const at = ref.lastIndexOf(":");
  return [ref.slice(0, at), ref.slice(at + 1)];
}

/** A server that refuses every request and records it. */
async function recorder() {
  const seen: { url: string; authorization: string }[] = [];
  const server = createServer(({ url = "", headers }, response) => {
    seen.push({ url, authorization: headers.authorization ?? "" });
    response.writeHead(403).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

describe("services that the lab lacks get the settings", () => {
  test("gha, from the environment of a job", async () => {
    const { url, seen } = await recorder();
    // BuildKit reads the scopes in the token before its first request.
    const claims = { ac: JSON.stringify([{ Scope: "refs/heads/main", Permission: 3 }]), nbf: 1, exp: 4e9 };
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const token = `${part({ alg: "none", typ: "JWT" })}.${part(claims)}.c2ln`;
    const env = { ACTIONS_RUNTIME_TOKEN: token, ACTIONS_CACHE_URL: `${url}/service/` };
    const result = await user.slipway(["build", "--cache-to", "type=gha,scope=mine", context], { env });
    expect(result.code).toBe(1);
    expect(seen[0]?.url).toContain("/service/_apis/artifactcache/");
    expect(seen[0]?.authorization).toBe(`Bearer ${token}`);
    expect(result.stderr).not.toContain(token);
  });

  test("azblob", async () => {
    const { url, seen } = await recorder();
    const to = `type=azblob,account_url=${url}/account,account_name=account,container=mine,secret_access_key=c2VjcmV0`;
    expect((await user.slipway(["build", "--cache-to", to, context])).code).toBe(1);
    expect(seen[0]?.url).toContain("/account/mine");
    expect(seen[0]?.authorization).toMatch(/^SharedKey account:/);
  });
});

describe("faults", () => {
  const spec = (cacheTo: { type: string; attributes?: Record<string, string> }[]) => ({
    builder,
    context: fromPath(context),
    cacheTo,
  });

  test("an export that fails ends the build, unless ignore-error=true", async () => {
    const attributes = { ref: "127.0.0.1:1/cache" };
    const failed = await runBuild(user.host, spec([{ type: "registry", attributes }]));
    expect(failed.finished).toMatchObject({
      state: BuildState.FAILED,
      error: { reason: "CACHE_EXPORT_FAILED" },
    });
    expect(failed.finished.error?.message).toContain("connection refused");
    const ignored = await runBuild(
      user.host,
      spec([{ type: "registry", attributes: { ...attributes, "ignore-error": "true" } }]),
    );
    expect(ignored.finished.state).toBe(BuildState.SUCCEEDED);
    const misconfigured = await runBuild(user.host, spec([{ type: "s3" }]));
    expect(misconfigured.finished.error).toMatchObject({ reason: "CACHE_EXPORT_FAILED" });
    expect(misconfigured.finished.error?.message).toContain("bucket");
  });

  test("cache types that an engine's BuildKit lacks are refused, not ignored", async () => {
    for (const [engine, types] of [
      ["engine20", ["registry", "local", "s3"]],
      ["engine29", ["s3", "azblob"]],
    ] as const) {
      for (const type of types) {
        const attributes = { ref: "localhost/x", dest: "/tmp/never", bucket: "x" };
        const bad = {
          context: fromPath(context),
          environment: engineEnvironment(engine),
          cacheTo: [{ type, attributes }],
        };
        const error = readTypedError(
          await user.host.builds.startBuild({ spec: bad }).catch((cause) => cause),
        );
        expect(error, `${engine} ${type}`).toMatchObject({ reason: "FEATURE_UNSUPPORTED" });
        expect(error.fields?.[0]?.field).toBe("spec.cache_to[0]");
      }
    }
    const from = {
      context: fromPath(context),
      environment: engineEnvironment("engine20"),
      cacheFrom: [{ type: "s3", attributes: { bucket: "x" } }],
    };
    expect(
      readTypedError(await user.host.builds.startBuild({ spec: from }).catch((cause) => cause)).fields?.[0]
        ?.field,
    ).toBe("spec.cache_from[0]");
  });

  test("a folder that cannot be created", async () => {
    const { stderr, code } = await user.slipway([
      "build",
      "--cache-to",
      "type=local,dest=/proc/none",
      context,
    ]);
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining("ERROR: The folder /proc/none cannot be written: "),
    ]);
  });

  test("an export that the driver lacks, before what is wrong with its attributes", async () => {
    const env = { ...engineEnvironment("engine20"), BUILDX_BUILDER: "default" };
    for (const cache of ["type=registry", "type=local", "type=registry,ref=x/y,mode=nope", "type=nope"])
      expect(errorOf(await user.slipway(["build", "--cache-to", cache, context], { env }))).toContain(
        "Cache export is not supported for the docker driver",
      );
  });

  test("gha outside of a job, and invalid values", async () => {
    expect(errorOf(await user.slipway(["build", "--cache-to", "type=gha", context]))).toContain(
      "needs the token and the URL",
    );
    expect(errorOf(await user.slipway(["build", "--cache-to", "type=registry,mode=max", context]))).toContain(
      "needs the attribute ref",
    );
    expect(errorOf(await user.slipway(["build", "--cache-from", "type=nope", context]))).toContain(
      'Unknown cache type "nope"',
    );
  });
});
