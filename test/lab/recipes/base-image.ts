import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import { cached } from "../cache.js";
import { programPath } from "../path.js";
import { must } from "../run.js";

/** Name of the base image in the engines' stores. */
export const baseImageName = "slipway.test/base:1";

/** Folder with `layer.tar`, the only layer of the base image: static busybox with a link for each applet. */
export function baseImage(): Promise<string> {
  return cached({ name: "base-image-1", text: "busybox-static: /bin links, /etc/passwd, /tmp", build });
}

async function build(folder: string): Promise<void> {
  const mtime = new Date(0);
  const tar = pack();
  const directory = (name: string, mode = 0o755) => tar.entry({ name, type: "directory", mode, mtime });
  directory("bin/");
  directory("etc/");
  directory("root/", 0o700);
  directory("tmp/", 0o1777);
  tar.entry({ name: "etc/passwd", mode: 0o644, mtime }, "root:x:0:0:root:/root:/bin/sh\n");
  tar.entry({ name: "etc/group", mode: 0o644, mtime }, "root:x:0:\n");
  tar.entry({ name: "bin/busybox", mode: 0o755, mtime }, await readFile(programPath("busybox")));
  const applets = (await must("busybox", ["--list"])).stdout.split("\n").filter(Boolean);
  for (const applet of applets) {
    if (applet !== "busybox")
      tar.entry({ name: `bin/${applet}`, type: "symlink", linkname: "busybox", mtime });
  }
  tar.finalize();
  await writeFile(join(folder, "layer.tar"), await buffer(tar));
}

/** Push the base image to a registry without authentication; returns the reference `<host>/base:1`. */
export async function pushBaseImage(host: string): Promise<string> {
  const layer = await readFile(join(await baseImage(), "layer.tar"));
  const config = Buffer.from(
    JSON.stringify({
      architecture: process.arch === "x64" ? "amd64" : process.arch,
      os: "linux",
      config: { Env: ["PATH=/bin"], Cmd: ["/bin/sh"] },
      rootfs: { type: "layers", diff_ids: [digest(layer)] },
      history: [{ created: "2026-01-01T00:00:00Z", created_by: "busybox" }],
    }),
  );
  const repository = `http://${host}/v2/base`;
  const type = "application/vnd.oci.image";
  const manifest = {
    schemaVersion: 2,
    mediaType: `${type}.manifest.v1+json`,
    config: await pushBlob(repository, `${type}.config.v1+json`, config),
    layers: [await pushBlob(repository, `${type}.layer.v1.tar+gzip`, gzipSync(layer))],
  };
  await send(`${repository}/manifests/1`, "PUT", manifest.mediaType, Buffer.from(JSON.stringify(manifest)));
  return `${host}/base:1`;
}

async function pushBlob(repository: string, mediaType: string, blob: Buffer) {
  const begun = await send(`${repository}/blobs/uploads/`, "POST");
  const upload = new URL(begun.headers.get("location") ?? "", repository);
  upload.searchParams.set("digest", digest(blob));
  await send(upload.href, "PUT", "application/octet-stream", blob);
  return { mediaType, digest: digest(blob), size: blob.length };
}

async function send(url: string, method: string, type?: string, body?: Buffer): Promise<Response> {
  const response = await fetch(url, {
    method,
    body: body ?? null,
    headers: type ? { "content-type": type } : {},
  });
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${await response.text()}`);
  return response;
}

const digest = (bytes: Buffer) => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
