import { createHash, randomUUID } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { type Slipway, slipwayOf } from "../cli/slipway.js";
import { contextOf } from "../host/build.js";
import { startHost } from "../host/host.js";
import { lab, must, tempDir } from "../lab/index.js";
import { startUser } from "./harness.js";

/** Runs containerd's client on the image store of the lab's Engine 29. */
async function ctr(...args: string[]): Promise<string> {
  const socket = join(dirname(lab().engine29.socket), "c.sock");
  return (await must("ctr", ["-a", socket, "-n", "moby", "images", ...args])).stdout;
}

describe("in the image store of an engine", () => {
  let slipway: Slipway;
  let context: string;
  let name: string;
  beforeEach(async () => {
    slipway = slipwayOf(await startHost());
    context = await contextOf({ Dockerfile: "FROM scratch\nCOPY id /\n", id: randomUUID() });
    name = `slipway.test/outputs-${randomUUID()}`;
  });

  /** Builds with these attributes; returns the names in the store that start with `prefix`, and the image's digest. */
  async function stored(attributes: string, prefix = name) {
    onTestFinished(async () => {
      for (const left of await names(prefix)) await ctr("rm", left);
    });
    const { code, stdout, stderr } = await slipway([
      "build",
      "-q",
      "-o",
      `type=image,${attributes}`,
      context,
    ]);
    expect(code, stderr).toBe(0);
    return { names: await names(prefix), digest: stdout.trim() };
  }

  async function names(prefix: string): Promise<string[]> {
    return (await ctr("ls", "-q")).split("\n").filter((line) => line.startsWith(prefix));
  }

  test("name-canonical adds the name with the digest", async () => {
    const { names, digest } = await stored(`name=${name}:1,name-canonical=true`);
    expect(names).toEqual([`${name}:1`, `${name}:1@${digest}`]);
  });

  test("dangling-name-prefix names an image without a name by its digest", async () => {
    const prefix = `outputs-${randomUUID()}`;
    const { names, digest } = await stored(`dangling-name-prefix=${prefix}`, prefix);
    expect(names).toEqual([`${prefix}@${digest}`]);
  });

  test("store=false does not change the store", async () => {
    const { names, digest } = await stored(`name=${name}:1,store=false`);
    expect([names, digest]).toEqual([[], expect.stringMatching(/^sha256:/)]);
  });

  test("unpack=true makes the image ready to run", async () => {
    const isUnpacked = async (tag: string) =>
      /(true|false)\s*$/.exec(await ctr("check", `name==${name}:${tag}`))?.[1];
    await stored(`name=${name}:packed,unpack=false`);
    expect(await isUnpacked("packed")).toBe("false");
    await stored(`name=${name}:unpacked,unpack=true`);
    expect(await isUnpacked("unpacked")).toBe("true");
  });
});

test("prefer-nondist-layers preserves nondistributable layers", async () => {
  const base = await layoutOf(nondistributable);
  const user = await startUser();
  const context = await contextOf({ Dockerfile: "FROM base\nCOPY id /\n", id: randomUUID() });
  const built = async (preferred: boolean) => {
    const dest = join(await tempDir(), "image");
    const output = `type=oci,tar=false,prefer-nondist-layers=${preferred},dest=${dest}`;
    const args = ["--provenance=false", "--build-context", `base=oci-layout://${base}:1`, "-o", output];
    const { code, stderr } = await user.slipway(["build", ...args, context]);
    expect(code, stderr).toBe(0);
    const read = async (path: string) => JSON.parse(await readFile(join(dest, path), "utf8"));
    const { manifests } = await read("index.json");
    const { layers } = await read(`blobs/${manifests[0].digest.replace(":", "/")}`);
    return layers.map(({ mediaType, urls }: { mediaType: string; urls?: string[] }) => [
      mediaType,
      ...(urls ?? []),
    ]);
  };
  expect(await built(true)).toEqual([[nondistributable, elsewhere], [distributable]]);
  expect(await built(false)).toEqual([[distributable], [distributable]]);
});

const distributable = "application/vnd.oci.image.layer.v1.tar+gzip";
const nondistributable = "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip";
/** The URL of such a layer; nothing fetches it. */
const elsewhere = "http://127.0.0.1:1/layer";

/** A folder in OCI layout with the image "1", which has one layer of the given media type. */
async function layoutOf(mediaType: string): Promise<string> {
  const folder = await tempDir();
  await mkdir(join(folder, "blobs/sha256"), { recursive: true });
  const add = async (content: Buffer | object) => {
    const bytes = Buffer.isBuffer(content) ? content : Buffer.from(JSON.stringify(content));
    const digest = digestOf(bytes);
    await writeFile(join(folder, "blobs", digest.replace(":", "/")), bytes);
    return { digest, size: bytes.length };
  };
  const archive = pack();
  archive.entry({ name: "file" }, randomUUID());
  archive.finalize();
  const layer = await buffer(archive);
  const rootfs = { type: "layers", diff_ids: [digestOf(layer)] };
  const config = await add({ architecture: "amd64", os: "linux", config: {}, rootfs });
  const manifest = await add({
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    config: { mediaType: "application/vnd.oci.image.config.v1+json", ...config },
    layers: [{ mediaType, ...(await add(gzipSync(layer))), urls: [elsewhere] }],
  });
  const named = {
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    ...manifest,
    annotations: { "org.opencontainers.image.ref.name": "1" },
  };
  await writeFile(join(folder, "index.json"), JSON.stringify({ schemaVersion: 2, manifests: [named] }));
  await writeFile(join(folder, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
  return folder;
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}
