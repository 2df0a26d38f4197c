import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { driver } from "../../plugins/docker/src/driver.js";
import { Code } from "../../src/driver/index.js";
import { baseImageName, engineApi, lab } from "../lab/index.js";
import { call, failure, storeOf, type Way } from "./harness.js";
import { makeImage, whileInUse } from "./own-image.js";

const images = driver.imageStore!;
const noEnvironment: Record<string, string> = {};

/** A stream of bytes, in chunks as a host sends them. */
function chunked(bytes: Uint8Array, then?: () => Promise<void>): Readable {
  const chunks = async function* () {
    for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
    await then?.();
  };
  return Readable.from(chunks(), { objectMode: false });
}

const ways: Way[] = ["direct", "relayed", "streamed"];

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

  it.each(ways)("are saved, removed and loaded again when archives are %s", async (way) => {
    const { save, load } = await storeOf(lab()[engine].host, way);
    const archive = await save(name);
    await images.remove(store(), { name, force: false }, call);
    expect(await names(name)).toEqual([]);
    await images.remove(store(), { name, force: false }, call);
    expect(await load(chunked(archive))).toEqual([name]);
    expect(await names(name)).toContain(name);
  });

  it.each(ways.flatMap((way) => [[way, 0.5] as const, [way, 1] as const]))(
    "keep their tags when an archive that is %s breaks after %d of its files",
    async (way, part) => {
      const { save, load } = await storeOf(lab()[engine].host, way);
      const archive = await save(name);
      await images.remove(store(), { name, force: false }, call);
      const sent = archive.subarray(0, (archive.length - 1024) * part);
      const broken = chunked(sent, () => Promise.reject(new Error("the caller has gone")));
      await expect(load(broken)).rejects.toThrow("the caller has gone");
      // The Engine notices a moment later.
      await sleep(500);
      expect(await names(name)).toEqual([]);
    },
  );

  it.each(ways)("keep their tags when a load that is %s is cancelled", async (way) => {
    const { save, load } = await storeOf(lab()[engine].host, way);
    const archive = await save(name);
    await images.remove(store(), { name, force: false }, call);
    const abort = new AbortController();
    const slow = chunked(archive.subarray(0, -1024), () => {
      setTimeout(() => abort.abort(), 100);
      return new Promise(() => {});
    });
    expect(await failure(load(slow, abort.signal))).toMatchObject({ code: Code.Canceled });
    slow.destroy();
    await sleep(500);
    expect(await names(name)).toEqual([]);
  });

  it.each(ways)("cannot be loaded from other bytes than an archive, %s", async (way) => {
    const { load } = await storeOf(lab()[engine].host, way);
    for (const junk of [Buffer.from("no archive"), Buffer.alloc(10_240), Buffer.alloc(0)])
      expect(await failure(load(chunked(junk)))).toMatchObject({ reason: "IMAGE_LOAD_FAILED" });
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
    const { save: saveFrom } = await storeOf(lab()[engine].host);
    const save = (...wanted: string[]) => failure(saveFrom(...wanted));
    expect(await save(`${repository}:none`)).toMatchObject({ reason: "IMAGE_NOT_FOUND" });
    expect(await save()).toMatchObject({ reason: "IMAGE_NAME_MISSING" });
    expect(await save(name, "../x")).toMatchObject({ fields: [{ field: "names[1]" }] });
  });
});
