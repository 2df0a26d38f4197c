import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { Code } from "@connectrpc/connect";
import { extract } from "tar-stream";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { BuildState } from "../../src/gen/slipway/v1/build_event_pb.js";
import { contextOf, fromPath, mustBuild, runBuild, watchToEnd } from "../host/build.js";
import { cli, shareHost, type TestHost } from "../host/host.js";
import { lab, must, startBuildkitd, tempDir, until } from "../lab/index.js";
import { startRegistryProxy } from "../lab/registry-proxy.js";
import { builder } from "./harness.js";

const shared = shareHost();
let host: TestHost;
beforeAll(async () => {
  host = shared();
  await host.builders.createBuilder({
    name: builder,
    driver: "remote",
    node: { endpoint: lab().buildkitd.address },
  });
});

/** A context whose result has a file of that many MiB, which does not compress. */
async function bigContext(mebibytes: number): Promise<string> {
  const context = await contextOf({ Dockerfile: "FROM scratch\nCOPY big id /dir/\n", id: randomUUID() });
  await must("dd", ["if=/dev/urandom", `of=${join(context, "big")}`, "bs=1M", `count=${mebibytes}`]);
  return context;
}

/** A file system of 1 MiB, unmounted after the test. */
async function smallDisk(): Promise<string> {
  const folder = join(await tempDir(), "disk");
  await mkdir(folder);
  await must("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", folder]);
  onTestFinished(async () => {
    await must("umount", [folder]);
  });
  return folder;
}

/** Checks that other builds of the host succeed. */
async function stillBuilds(): Promise<void> {
  await mustBuild(host, {
    builder,
    context: fromPath(await contextOf({ Dockerfile: "FROM scratch\nCOPY Dockerfile /\n" })),
  });
}

describe("a full disk", () => {
  test.each([
    ["tar", {}, "out.tar"],
    ["oci", {}, "out.tar"],
    ["local", {}, "folder"],
    ["oci", { tar: "false" }, "layout"],
  ])("%s %j leaves no partial output, and keeps existing files", async (type, attributes, name) => {
    const disk = await smallDisk();
    await writeFile(join(disk, "before"), "kept");
    if (name === "out.tar") await writeFile(join(disk, name), "old");
    const spec = {
      builder,
      context: fromPath(await bigContext(4)),
      outputs: [{ type, attributes, destination: { case: "path" as const, value: join(disk, name) } }],
    };
    const { finished } = await runBuild(host, spec);
    expect(finished).toMatchObject({
      state: BuildState.FAILED,
      error: { reason: "OUTPUT_WRITE_FAILED", code: Code.ResourceExhausted },
    });
    expect(finished.error?.message).toContain("ENOSPC");
    const left = (await must("find", [disk, "-type", "f", "-size", "+0"])).stdout.split("\n").filter(Boolean);
    expect(
      left.filter((path) => path.includes("big") || path.includes("ingest") || path.includes(".tmp")),
    ).toEqual([]);
    expect(await readFile(join(disk, "before"), "utf8")).toBe("kept");
    if (name === "out.tar") expect(await readFile(join(disk, name), "utf8")).toBe("old");
    await stillBuilds();
    // The same build, with space.
    await must("mount", ["-o", "remount,size=64m", disk]);
    await mustBuild(host, spec);
    expect(await readFile(join(disk, "before"), "utf8")).toBe("kept");
  });

  test("a local cache", async () => {
    const disk = await smallDisk();
    const spec = { builder, context: fromPath(await bigContext(4)) };
    const attributes = { dest: join(disk, "cache"), mode: "max" };
    const { finished } = await runBuild(host, { ...spec, cacheTo: [{ type: "local", attributes }] });
    expect(finished.error).toMatchObject({ reason: "OUTPUT_WRITE_FAILED", code: Code.ResourceExhausted });
    expect(await readdir(join(disk, "cache"))).not.toContain("ingest");
    const ignored = { ...attributes, "ignore-error": "true" };
    expect(
      (await runBuild(host, { ...spec, cacheTo: [{ type: "local", attributes: ignored }] })).finished.state,
    ).toBe(BuildState.SUCCEEDED);
    await expect(readFile(join(disk, "cache/index.json"))).rejects.toThrow("ENOENT");
  });

  test("the metadata file of the CLI", async () => {
    const disk = await smallDisk();
    await must("dd", ["if=/dev/zero", `of=${join(disk, "full")}`, "bs=1024k", "count=1"]).catch(() => {});
    const env = {
      PATH: process.env.PATH,
      HOME: host.folder,
      SLIPWAY_HOST: `unix://${host.socket}`,
      BUILDX_BUILDER: builder,
    };
    const context = await contextOf({ Dockerfile: "FROM scratch\nCOPY Dockerfile /\n" });
    const child = spawn(
      process.execPath,
      [cli, "build", "--metadata-file", join(disk, "metadata"), context],
      { env, stdio: ["ignore", "ignore", "pipe"] },
    );
    const stderr = Buffer.concat(await child.stderr.toArray()).toString();
    expect(stderr).toMatch(/^ERROR: .*ENOSPC/m);
    expect(await readdir(disk)).toEqual(["full"]);
  });
});

test("BuildKit is killed while it exports", async () => {
  const buildkitd = await startBuildkitd();
  onTestFinished(() => buildkitd.stop());
  const proxy = await startRegistryProxy(lab().registry.host);
  onTestFinished(() => proxy.stop());
  await host.builders.createBuilder({ name: "own", driver: "remote", node: { endpoint: buildkitd.address } });
  const folder = await tempDir();
  const spec = {
    builder: "own",
    context: fromPath(await bigContext(8)),
    tags: [`${proxy.host}/killed-${randomUUID()}:1`],
  };
  // The registry stalls, so that the export is in progress.
  proxy.fail(({ method }) => (method === "PUT" || method === "PATCH" ? "hang" : undefined));
  const outputs = [
    { type: "registry" },
    { type: "oci", destination: { case: "path" as const, value: join(folder, "out.tar") } },
  ];
  const { build } = await host.builds.startBuild({ spec: { ...spec, outputs } });
  await until("the push begins", () => proxy.seen.some(({ method }) => /^(PUT|PATCH)$/.test(method)));
  await buildkitd.kill();
  const { finished } = await watchToEnd(host, build!.id);
  expect(finished).toMatchObject({ state: BuildState.FAILED });
  expect(finished.error?.reason).toMatch(/^BUILDKIT_/);
  // The archive may have been complete by then, but a partial one is not left.
  expect((await readdir(folder)).filter((name) => name !== "out.tar")).toEqual([]);
  await stillBuilds();
});

describe("a client that reads a stream", () => {
  const start = async () => {
    const outputs = [{ type: "tar", destination: { case: "stream" as const, value: {} } }];
    const { build } = await host.builds.startBuild({
      spec: { builder, context: fromPath(await bigContext(32)), outputs },
    });
    for await (const { event } of host.builds.watchBuild({ id: build!.id })) {
      if (event?.event.case === "outputReady") return build!.id;
    }
    throw new Error("The output was not ready.");
  };

  test("and stops: the build fails with a typed error, and BuildKit builds again", async () => {
    const id = await start();
    const leave = new AbortController();
    const reader = host.builds
      .readOutput({ id, output: 0 }, { signal: leave.signal })
      [Symbol.asyncIterator]();
    await reader.next();
    leave.abort();
    const { finished } = await watchToEnd(host, id);
    expect(finished).toMatchObject({ state: BuildState.FAILED, error: { reason: "OUTPUT_NOT_READ" } });
    await stillBuilds();
  });

  test("and continues later: it gets everything, and others build meanwhile", async () => {
    const id = await start();
    const reader = host.builds.readOutput({ id, output: 0 })[Symbol.asyncIterator]();
    const first = await reader.next();
    await stillBuilds();
    const archive = new PassThrough();
    const files = new Map<string, number>();
    const unpacked = (async () => {
      for await (const entry of archive.pipe(extract())) {
        files.set(entry.header.name, entry.header.size ?? 0);
        entry.resume();
      }
    })();
    for (let chunk = first; !chunk.done; chunk = await reader.next()) archive.write(chunk.value.data);
    archive.end();
    await unpacked;
    expect(files.get("dir/big")).toBe(32 << 20);
    expect((await watchToEnd(host, id)).finished.state).toBe(BuildState.SUCCEEDED);
  });

  test("and pauses: the build waits until it is cancelled", async () => {
    const id = await start();
    const leave = new AbortController();
    const { signal } = leave;
    const reader = host.builds.readOutput({ id, output: 0 }, { signal })[Symbol.asyncIterator]();
    await reader.next();
    await stillBuilds();
    expect((await host.builds.getBuild({ id })).build?.state).toBe(BuildState.RUNNING);
    await host.builds.cancelBuild({ id });
    expect((await watchToEnd(host, id)).finished.state).toBe(BuildState.CANCELED);
    leave.abort();
  });
});
