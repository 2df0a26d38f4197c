import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { pack } from "tar-stream";

/** An image with one layer. */
export interface ImageInit {
  /** Full name with tag. */
  name: string;
  /** The layer, a plain tar. */
  layer: Buffer;
  /** Configuration as in the image specification: `Entrypoint`, `Env`, `Volumes` … */
  config: Record<string, unknown>;
}

/** Write an image in the format of `docker save`, for `docker load` and `ctr images import`. */
export async function writeImageArchive(file: string, { name, layer, config }: ImageInit): Promise<void> {
  const description = JSON.stringify({
    architecture: process.arch === "x64" ? "amd64" : process.arch,
    os: "linux",
    config,
    rootfs: { type: "layers", diff_ids: [`sha256:${sha256(layer)}`] },
  });
  const configName = `${sha256(Buffer.from(description))}.json`;
  const tar = pack();
  const written = pipeline(tar, createWriteStream(file));
  tar.entry({ name: configName }, description);
  tar.entry({ name: "layer.tar" }, layer);
  tar.entry(
    { name: "manifest.json" },
    JSON.stringify([{ Config: configName, RepoTags: [name], Layers: ["layer.tar"] }]),
  );
  tar.finalize();
  await written;
}

const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
