import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { driver } from "../../plugins/docker/src/driver.js";
import type { Progress } from "../../src/driver/index.js";
import { baseImageName, engineApi, lab } from "../lab/index.js";
import { call, failure } from "./harness.js";
import { makeImage, whileInUse } from "./own-image.js";

const images = driver.imageStore!;
const noEnvironment: Record<string, string> = {};

/** All bytes of a stream. */
async function collect(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** A stream of bytes, in chunks as a host sends them. */
async function* chunked(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}

describe.each(["engine20", "engine29"] as const)("the images of %s", (engine) => {
  const store = () => ({ endpoint: lab()[engine].host, environment: noEnvironment });
  const names = async (name: string) =>
    (await images.list(store(), { name }, call)).flatMap((image) => image.names ?? []);
  let repository: string;
  let name: string;

  beforeEach(async () => {
    repository = `slipway.test/driver-${randomBytes(4).toString("hex")}`;
    name = `${repository}:one`;
    await tag(repository, "one");
  });
  afterEach(async () => {
    for (const left of await names(repository))
      await images.remove(store(), { name: left, force: true }, call);
  });
  const tag = (repo: string, tag: string) =>
    engineApi(
      lab()[engine].socket,
      "POST",
      `/images/${baseImageName}/tag?${new URLSearchParams({ repo, tag })}`,
    );

  it("are described", async () => {
    const oci = engine === "engine29";
    const description = `Docker Engine ${lab()[engine].version} (${oci ? "containerd" : "classic"} store)`;
    expect(await images.get(store(), call)).toEqual({ oci, description });
    // An empty endpoint is what the environment selects.
    const selected = { endpoint: "", environment: { DOCKER_HOST: lab()[engine].host } };
    expect(await images.get(selected, call)).toEqual({ oci, description });
  });

  it("are listed by name with and without tag, and by id", async () => {
    await tag(repository, "two");
    expect(await names(name)).toContain(name);
    expect((await names(repository)).filter((found) => found.startsWith(repository)).sort()).toEqual([
      `${repository}:one`,
      `${repository}:two`,
    ]);
    const [image] = await images.list(store(), { name }, call);
    expect(image!.id).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(Number(image!.sizeBytes)).toBeGreaterThan(100_000);
    expect((await names(image!.id!)).sort()).toContain(name);
    expect(await images.list(store(), { name: `${repository}:three` }, call)).toEqual([]);
    const all = await images.list(store(), { name: "" }, call);
    expect(all.flatMap((each) => each.names ?? [])).toEqual(expect.arrayContaining([name, baseImageName]));
  });

  it("are saved, removed and loaded again", async () => {
    const archive = await collect(images.save(store(), [name], call));
    await images.remove(store(), { name, force: false }, call);
    expect(await names(name)).toEqual([]);
    await images.remove(store(), { name, force: false }, call);

    const steps: Progress[] = [];
    const loading = { ...call, progress: (step: Progress) => void steps.push(step) };
    expect(await images.load(store(), chunked(archive), loading)).toEqual([name]);
    expect(await names(name)).toContain(name);
    expect(steps[0]).toMatchObject({ id: "archive", name: "sending tarball" });
    expect(steps.at(-1)).toMatchObject({ id: "archive", current: BigInt(archive.length), done: true });
  });

  it.each([
    ["half of the archive", (length: number) => length / 2],
    ["all but the end mark", (length: number) => length - 1024],
  ])("keep their tags when the load breaks after %s", async (_what, cut) => {
    const archive = await collect(images.save(store(), [name], call));
    await images.remove(store(), { name, force: false }, call);
    const broken = async function* () {
      yield* chunked(archive.subarray(0, cut(archive.length)));
      throw new Error("the caller has gone");
    };
    expect(await failure(images.load(store(), broken(), call))).toMatchObject({
      reason: "IMAGE_ARCHIVE_INCOMPLETE",
      message: "The image archive is incomplete: the caller has gone.",
    });
    // The Engine notices a moment later.
    await sleep(500);
    expect(await names(name)).toEqual([]);
  });

  it("keep their tags when the load is cancelled", async () => {
    const archive = await collect(images.save(store(), [name], call));
    await images.remove(store(), { name, force: false }, call);
    const abort = new AbortController();
    const slow = async function* () {
      yield* chunked(archive.subarray(0, -1024));
      setTimeout(() => abort.abort(), 100);
      await new Promise(() => {});
    };
    const cancelled = images.load(store(), slow(), { ...call, signal: abort.signal });
    expect(await failure(cancelled)).toMatchObject({ reason: "CANCELLED" });
    await sleep(500);
    expect(await names(name)).toEqual([]);
  });

  it("cannot be loaded from other bytes than an archive", async () => {
    for (const junk of [Buffer.from("no archive"), Buffer.alloc(10_240), Buffer.alloc(0)])
      expect(await failure(images.load(store(), chunked(junk), call))).toMatchObject({
        reason: "IMAGE_LOAD_FAILED",
      });
  });

  it("are not removed while a container uses them, except with force", async () => {
    await makeImage(lab()[engine].socket, repository, "used");
    const used = `${repository}:used`;
    await whileInUse(lab()[engine].host, used, async () => {
      expect(await failure(images.remove(store(), { name: used, force: false }, call))).toMatchObject({
        reason: "IMAGE_IN_USE",
        remedy: expect.stringContaining("set force"),
      });
      expect(await names(used)).toContain(used);
      await images.remove(store(), { name: used, force: true }, call);
    });
    expect(await names(used)).toEqual([]);
  });

  it("cannot be saved when they do not exist", async () => {
    const save = (...wanted: string[]) => failure(collect(images.save(store(), wanted, call)));
    expect(await save(`${repository}:none`)).toMatchObject({ reason: "IMAGE_NOT_FOUND" });
    expect(await save()).toMatchObject({ reason: "IMAGE_NAME_MISSING" });
    expect(await save(name, "../x")).toMatchObject({ fields: [{ field: "names[1]" }] });
  });
});
