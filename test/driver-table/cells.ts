import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { expect } from "vitest";
import type { BuildSpec } from "../../src/gen/slipway/v1/build_spec_pb.js";
import { type BuildRun, contextOf, fromPath, mustBuild, type SpecInit } from "../host/build.js";
import { engineEnvironment, type TestHost } from "../host/host.js";
import { lab, must, tempDir } from "../lab/index.js";
import type { Cell, Column, Row } from "./table.js";

/** What the cells of a row are walked with. */
export interface Walk {
  row: Row;
  host: TestHost;
  /** Name of the builder; "" for the default one. */
  builder: string;
  /** A name for images that nobody else has. */
  image: string;
}

/** What can be done, "yes" or how it was refused, as seen from outside: with docker, tar and the registry's API. */
export const cells: Record<Column, (walk: Walk) => Promise<Cell>> = {
  async loadedByItself(walk) {
    const tag = `${walk.image}:itself`;
    const { text, run } = await build(walk, { tags: [tag] });
    const [warning] = run.events.flatMap(({ event }) => (event.case === "warning" ? [event.value] : []));
    if (!warning) return isThere(walk, tag, text);
    expect(await docker(walk, "images", "-q", tag)).toBe("");
    return warning;
  },

  async load(walk) {
    const tag = `${walk.image}:load`;
    const { text } = await build(walk, { tags: [tag], outputs: [{ type: "docker" }] });
    return isThere(walk, tag, text);
  },

  async loadPlatforms(walk) {
    const tag = `${walk.image}:platforms`;
    await build(walk, { tags: [tag], outputs: [{ type: "docker" }], platforms: [...platforms] });
    const folder = await tempDir();
    await docker(walk, "save", "-o", join(folder, "saved.tar"), tag);
    expect(await platformsOf(folder)).toEqual(platforms);
    return "yes";
  },

  async push(walk) {
    const ref = remote(walk, "push");
    const { text } = await build(walk, { tags: [ref], outputs: [{ type: "registry" }] });
    await docker(walk, "rmi", "--force", ref);
    return isThere(walk, ref, text);
  },

  async pushPlatforms(walk) {
    const tag = "platforms";
    const outputs = [{ type: "registry" }];
    await build(walk, { tags: [remote(walk, tag)], outputs, platforms: [...platforms] });
    const { manifests } = await manifest(walk, tag);
    expect(namesOf(manifests)).toEqual(platforms);
    return "yes";
  },

  async dockerArchive(walk) {
    const tag = `${walk.image}:archive`;
    const value = join(await tempDir(), "image.tar");
    const outputs = [{ type: "docker", destination: { case: "path" as const, value } }];
    const { text } = await build(walk, { tags: [tag], outputs });
    await docker(walk, "load", "-i", value);
    return isThere(walk, tag, text);
  },

  async ociArchive(walk) {
    const value = join(await tempDir(), "image.tar");
    await build(walk, { outputs: [{ type: "oci", destination: { case: "path", value } }] });
    const { stdout } = await must("tar", ["-xOf", value, "oci-layout"]);
    expect(JSON.parse(stdout)).toEqual({ imageLayoutVersion: "1.0.0" });
    return "yes";
  },

  async cacheInline(walk) {
    const tag = "inline";
    const outputs = [{ type: "registry" }];
    await build(walk, { tags: [remote(walk, tag)], outputs, cacheTo: [{ type: "inline" }] });
    const { manifests } = await manifest(walk, tag);
    const { config } = await manifest(walk, manifests?.[0]?.digest ?? tag);
    const blob = await fetch(`http://${lab().registry.host}/v2/${walk.image}/blobs/${config?.digest}`);
    expect(await blob.json()).toHaveProperty(["moby.buildkit.cache.v0"]);
    return "yes";
  },

  async cacheRegistry(walk) {
    const ref = remote(walk, "cache");
    await build(walk, { cacheTo: [{ type: "registry", attributes: { ref } }] });
    expect(JSON.stringify(await manifest(walk, "cache"))).toContain("vnd.buildkit.cacheconfig.v0");
    return "yes";
  },

  async cacheLocal(walk) {
    const dest = join(await tempDir(), "cache");
    await build(walk, { cacheTo: [{ type: "local", attributes: { dest } }] });
    const { manifests } = JSON.parse((await must("cat", [join(dest, "index.json")])).stdout);
    const blobs = join(dest, "blobs", "sha256");
    const digest = manifests[0].digest.slice("sha256:".length);
    expect((await must("sha256sum", [join(blobs, digest)])).stdout).toContain(`${digest} `);
    expect((await must("cat", [join(blobs, digest)])).stdout).toContain("vnd.buildkit.cacheconfig.v0");
    return "yes";
  },

  async configuration(walk) {
    const name = `configured-${randomBytes(3).toString("hex")}`;
    const mirror = `[registry."mirrored.test"]\nmirrors = ["${lab().registry.host}"]\n[registry."${lab().registry.host}"]\nhttp = true\n`;
    await walk.host.builders.createBuilder({
      name,
      driver: walk.row.driver,
      environment: engineEnvironment(walk.row.engine),
      node: { ...(await walk.row.node?.(lab())), daemonFiles: { "buildkitd.toml": Buffer.from(mirror) } },
    });
    try {
      await build({ ...walk, builder: name }, { outputs: [{ type: "cacheonly" }] }, "mirrored.test/base:1");
    } finally {
      await walk.host.builders.removeBuilder({ name, force: true });
    }
    return "yes";
  },
};

const platforms = ["linux/amd64", "linux/arm64"] as const;

type Draft = Exclude<SpecInit, BuildSpec>;

/** Builds an image that prints a text of its own; for several platforms it has only the text. */
async function build(
  { row, host, builder }: Walk,
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

async function docker({ row }: Walk, ...args: string[]): Promise<string> {
  const env = { ...process.env, DOCKER_HOST: lab()[row.engine].host };
  return (await must("docker", args, { env })).stdout.trim();
}

/** Removes from the engine what the cells of a row have left there. */
export async function removeImages(walk: Walk): Promise<void> {
  const names = [walk.image, `${lab().registry.host}/${walk.image}`];
  const images = await Promise.all(names.map((name) => docker(walk, "images", "-q", name)));
  const ids = new Set(images.flatMap((lines) => lines.split("\n")).filter(Boolean));
  if (ids.size > 0) await docker(walk, "rmi", "--force", ...ids);
}

async function isThere(walk: Walk, tag: string, text: string): Promise<"yes"> {
  expect(await docker(walk, "run", "--rm", "--network", "none", tag)).toBe(text);
  return "yes";
}

/** The name of an image in the lab's registry. */
function remote({ image }: Walk, tag: string): string {
  return `${lab().registry.host}/${image}:${tag}`;
}

const manifestTypes = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.docker.distribution.manifest.v2+json",
];

/** What the registry has under a tag. */
async function manifest({ image }: Walk, tag: string) {
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

/** An index or a manifest, as far as it is looked at. */
interface Manifest {
  manifests?: { digest: string; platform: { os: string; architecture: string } }[];
  config?: { digest: string };
}

/** Names of the platforms of an index, without those of attestations. */
function namesOf(manifests: Manifest["manifests"] = []): string[] {
  const names = manifests.map(({ platform: { os, architecture } }) => `${os}/${architecture}`);
  return names.filter((name) => name !== "unknown/unknown").sort();
}
