import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { expect } from "vitest";
import type { BuildSpec } from "../../src/gen/slipway/build/v1/build_spec_pb.js";
import { type BuildRun, contextOf, fromPath, mustBuild, type SpecInit } from "../host/build.js";
import { engineEnvironment, type TestHost } from "../host/host.js";
import { lab, must, tempDir } from "../lab/index.js";
import type { Cell, Column, Row } from "./table.js";

/** The context in which the cells of a row are tested. */
export interface RowContext {
  row: Row;
  host: TestHost;
  /** Name of the builder; "" for the default one. */
  builder: string;
  /** A unique image name. */
  image: string;
}

/** Tests each column: "yes" or the refusal, checked from outside with docker, tar and the registry's API. */
export const cells: Record<Column, (context: RowContext) => Promise<Cell>> = {
  async loadedByDefault(context) {
    const tag = `${context.image}:itself`;
    const { text, run } = await build(context, { tags: [tag] });
    const [warning] = run.events.flatMap(({ event }) => (event.case === "warning" ? [event.value] : []));
    if (!warning) return isThere(context, tag, text);
    expect(await docker(context, "images", "-q", tag)).toBe("");
    return warning;
  },

  async load(context) {
    const tag = `${context.image}:load`;
    const { text } = await build(context, { tags: [tag], outputs: [{ type: "docker" }] });
    return isThere(context, tag, text);
  },

  async loadPlatforms(context) {
    const tag = `${context.image}:platforms`;
    await build(context, { tags: [tag], outputs: [{ type: "docker" }], platforms: [...platforms] });
    const folder = await tempDir();
    await docker(context, "save", "-o", join(folder, "saved.tar"), tag);
    expect(await platformsOf(folder)).toEqual(platforms);
    return "yes";
  },

  async push(context) {
    const ref = remote(context, "push");
    const { text } = await build(context, { tags: [ref], outputs: [{ type: "registry" }] });
    await docker(context, "rmi", "--force", ref);
    return isThere(context, ref, text);
  },

  async pushPlatforms(context) {
    const tag = "platforms";
    const outputs = [{ type: "registry" }];
    await build(context, { tags: [remote(context, tag)], outputs, platforms: [...platforms] });
    const { manifests } = await manifest(context, tag);
    expect(namesOf(manifests)).toEqual(platforms);
    return "yes";
  },

  async dockerArchive(context) {
    const tag = `${context.image}:archive`;
    const value = join(await tempDir(), "image.tar");
    const outputs = [{ type: "docker", destination: { case: "path" as const, value } }];
    const { text } = await build(context, { tags: [tag], outputs });
    await docker(context, "load", "-i", value);
    return isThere(context, tag, text);
  },

  async ociArchive(context) {
    const value = join(await tempDir(), "image.tar");
    await build(context, { outputs: [{ type: "oci", destination: { case: "path", value } }] });
    const { stdout } = await must("tar", ["-xOf", value, "oci-layout"]);
    expect(JSON.parse(stdout)).toEqual({ imageLayoutVersion: "1.0.0" });
    return "yes";
  },

  async cacheInline(context) {
    const tag = "inline";
    const outputs = [{ type: "registry" }];
    await build(context, { tags: [remote(context, tag)], outputs, cacheTo: [{ type: "inline" }] });
    const { manifests } = await manifest(context, tag);
    const { config } = await manifest(context, manifests?.[0]?.digest ?? tag);
    const blob = await fetch(`http://${lab().registry.host}/v2/${context.image}/blobs/${config?.digest}`);
    expect(await blob.json()).toHaveProperty(["moby.buildkit.cache.v0"]);
    return "yes";
  },

  async cacheRegistry(context) {
    const ref = remote(context, "cache");
    await build(context, { cacheTo: [{ type: "registry", attributes: { ref } }] });
    expect(JSON.stringify(await manifest(context, "cache"))).toContain("vnd.buildkit.cacheconfig.v0");
    return "yes";
  },

  async cacheLocal(context) {
    const dest = join(await tempDir(), "cache");
    await build(context, { cacheTo: [{ type: "local", attributes: { dest } }] });
    const { manifests } = JSON.parse((await must("cat", [join(dest, "index.json")])).stdout);
    const blobs = join(dest, "blobs", "sha256");
    const digest = manifests[0].digest.slice("sha256:".length);
    expect((await must("sha256sum", [join(blobs, digest)])).stdout).toContain(`${digest} `);
    expect((await must("cat", [join(blobs, digest)])).stdout).toContain("vnd.buildkit.cacheconfig.v0");
    return "yes";
  },

  async configuration(context) {
    const name = `configured-${randomBytes(3).toString("hex")}`;
    const mirror = `[registry."mirrored.test"]\nmirrors = ["${lab().registry.host}"]\n[registry."${lab().registry.host}"]\nhttp = true\n`;
    await context.host.builders.createBuilder({
      name,
      driver: context.row.driver,
      environment: engineEnvironment(context.row.engine),
      node: { ...(await context.row.node?.(lab())), daemonFiles: { "buildkitd.toml": Buffer.from(mirror) } },
    });
    try {
      await build(
        { ...context, builder: name },
        { outputs: [{ type: "cacheonly" }] },
        "mirrored.test/base:1",
      );
    } finally {
      await context.host.builders.removeBuilder({ name, force: true });
    }
    return "yes";
  },
};

const platforms = ["linux/amd64", "linux/arm64"] as const;

type Draft = Exclude<SpecInit, BuildSpec>;

/** Builds an image that prints a unique text; for several platforms it only contains the text. */
async function build(
  { row, host, builder }: RowContext,
  spec: Draft,
  base = lab().registry.baseImage,
): Promise<{ text: string; run: BuildRun }> {
  const text = randomBytes(8).toString("hex");
  const from = spec.platforms ? "scratch" : base;
  const Dockerfile = `FROM ${from}\nCOPY text /text\nCMD ["cat", "/text"]\n`;
  const run = await mustBuild(host, {
    builder,
    environment: engineEnvironment(row.engine),
    context: fromPath(await contextOf({ Dockerfile, text })),
    ...spec,
  });
  return { text, run };
}

async function docker({ row }: RowContext, ...args: string[]): Promise<string> {
  const env = { ...process.env, DOCKER_HOST: lab()[row.engine].host };
  return (await must("docker", args, { env })).stdout.trim();
}

/** Removes the images that the cells of a row left in the engine. */
export async function removeImages(context: RowContext): Promise<void> {
  const names = [context.image, `${lab().registry.host}/${context.image}`];
  const images = await Promise.all(names.map((name) => docker(context, "images", "-q", name)));
  const ids = new Set(images.flatMap((lines) => lines.split("\n")).filter(Boolean));
  if (ids.size > 0) await docker(context, "rmi", "--force", ...ids);
}

async function isThere(context: RowContext, tag: string, text: string): Promise<"yes"> {
  expect(await docker(context, "run", "--rm", "--network", "none", tag)).toBe(text);
  return "yes";
}

/** The name of an image in the lab's registry. */
function remote({ image }: RowContext, tag: string): string {
  return `${lab().registry.host}/${image}:${tag}`;
}

const manifestTypes = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.docker.distribution.manifest.v2+json",
];

/** The manifest of a tag in the registry. */
async function manifest({ image }: RowContext, tag: string) {
  const url = `http://${lab().registry.host}/v2/${image}/manifests/${tag}`;
  const answer = await fetch(url, { headers: { accept: manifestTypes.join() } });
  expect(answer.status).toBe(200);
  return (await answer.json()) as Manifest;
}

/** The platforms of an image that docker saved as an OCI layout. */
async function platformsOf(folder: string): Promise<string[]> {
  await must("tar", ["-xf", "saved.tar"], { cwd: folder });
  const read = async (file: string) => JSON.parse((await must("cat", [file], { cwd: folder })).stdout);
  const { manifests } = await read("index.json");
  const index = await read(`blobs/sha256/${manifests[0].digest.slice("sha256:".length)}`);
  return namesOf(index.manifests);
}

/** The used fields of an index or a manifest. */
interface Manifest {
  manifests?: { digest: string; platform: { os: string; architecture: string } }[];
  config?: { digest: string };
}

/** The platforms of an index, without those of attestations. */
function namesOf(manifests: Manifest["manifests"] = []): string[] {
  const names = manifests.map(({ platform: { os, architecture } }) => `${os}/${architecture}`);
  return names.filter((name) => name !== "unknown/unknown").sort();
}
