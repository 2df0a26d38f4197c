import { createHash, randomBytes } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { extract, pack } from "tar-stream";

/** An image for tests. */
export interface TestImage {
  /** Name with a tag. */
  name: string;
  /** The archive: an OCI layout that is also a docker archive. */
  archive: Buffer;
  /** Digest of the only layer, which is uncompressed; also its chain ID. */
  layer: string;
}

/** Makes an image with a layer of random bytes. */
export async function makeImage(name: string, bytes: number): Promise<TestImage> {
  const layer = await tarOf({ "conformance.bin": randomBytes(bytes) });
  const created = new Date().toISOString();
  const config = json({
    architecture: { x64: "amd64" }[process.arch as string] ?? process.arch,
    os: "linux",
    created,
    config: {},
    rootfs: { type: "layers", diff_ids: [digestOf(layer)] },
    history: [{ created, created_by: "slipway conformance" }],
  });
  const manifest = json({
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    config: descriptor("application/vnd.oci.image.config.v1+json", config),
    layers: [descriptor("application/vnd.oci.image.layer.v1.tar", layer)],
  });
  const annotations = {
    "io.containerd.image.name": name,
    "org.opencontainers.image.ref.name": name.slice(name.lastIndexOf(":") + 1),
  };
  const manifests = [{ ...descriptor("application/vnd.oci.image.manifest.v1+json", manifest), annotations }];
  const archive = await tarOf({
    "oci-layout": json({ imageLayoutVersion: "1.0.0" }),
    "index.json": json({ schemaVersion: 2, manifests }),
    "manifest.json": json([{ Config: pathOf(config), RepoTags: [name], Layers: [pathOf(layer)] }]),
    ...Object.fromEntries([config, manifest, layer].map((blob) => [pathOf(blob), blob])),
  });
  return { name, archive, layer: digestOf(layer) };
}

/** Digests of the files in an archive; empty when the archive is truncated. */
export async function digestsIn(archive: Buffer): Promise<Set<string>> {
  const digests = new Set<string>();
  const files = extract();
  files.end(archive);
  try {
    for await (const file of files) digests.add(digestOf(await buffer(file)));
  } catch {
    digests.clear();
  }
  return digests;
}

function tarOf(files: Record<string, Buffer>): Promise<Buffer> {
  const archive = pack();
  for (const [name, content] of Object.entries(files)) archive.entry({ name }, content);
  archive.finalize();
  return buffer(archive);
}

function descriptor(mediaType: string, blob: Buffer) {
  return { mediaType, digest: digestOf(blob), size: blob.length };
}

function pathOf(blob: Buffer): string {
  return `blobs/${digestOf(blob).replace(":", "/")}`;
}

function digestOf(blob: Uint8Array): string {
  return `sha256:${createHash("sha256").update(blob).digest("hex")}`;
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}
