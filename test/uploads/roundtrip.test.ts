import { spawn } from "node:child_process";
import { appendFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createGzip } from "node:zlib";
import { describe, expect, test } from "vitest";
import { type UploadFolderOptions, type UploadProgress, uploadFolder } from "../../src/client/upload.js";
import { uploadTar } from "../../src/client/upload-tar.js";
import { readTypedError } from "../../src/errors/typed-error.js";
import { localPrincipal } from "../../src/host/access/principal.js";
import { folderSource } from "../../src/inputs/files/folder-source.js";
import { must, tempDir } from "../lab/index.js";
import { makeNastyTree, snapshot } from "./nasty-tree.js";
import { type Protocol, startUploads } from "./upload-server.js";

const protocols: Protocol[] = ["grpc", "grpc-web", "connect"];

/** The output of `tar` for a folder. */
function tarOf(folder: string, ...flags: string[]) {
  const tar = spawn("tar", ["-c", ...flags, "-C", folder, "."], { stdio: ["ignore", "pipe", "inherit"] });
  return tar.stdout;
}

async function nastyTree(): Promise<string> {
  const folder = join(await tempDir(), "context");
  await mkdir(folder);
  await makeNastyTree(folder);
  return folder;
}

describe("a tar archive arrives unchanged", () => {
  test.each(protocols)("over %s", async (protocol) => {
    const { uploads, client } = await startUploads();
    const folder = await nastyTree();
    const upload = await uploadTar(client(protocol), tarOf(folder, "--format=posix"), { cacheKey: "p" });
    expect(upload).toMatchObject({ finished: true });
    const opened = uploads.openUpload(upload.id, localPrincipal);
    expect(await snapshot(opened.source)).toEqual(await snapshot(await folderSource(folder)));
    expect(opened.cacheKey).toBe("p");
  });

  test("with gzip, and in GNU format", async () => {
    const { uploads, client } = await startUploads();
    const folder = await nastyTree();
    const zipped = await uploadTar(client(), tarOf(folder, "--format=posix").pipe(createGzip()));
    const gnu = await uploadTar(client(), tarOf(folder, "--format=gnu"));
    const onDisk = await snapshot(await folderSource(folder));
    expect(await snapshot(uploads.openUpload(zipped.id, localPrincipal).source)).toEqual(onDisk);
    const withoutTimes = (tree: object) =>
      JSON.stringify(tree, (key, value) => (key === "modTime" ? undefined : value));
    expect(withoutTimes(await snapshot(uploads.openUpload(gnu.id, localPrincipal).source))).toEqual(
      withoutTimes(onDisk),
    );
  });

  test("in chunks, as a browser sends it", async () => {
    const { uploads, client } = await startUploads();
    const folder = await nastyTree();
    const web = client("connect");
    const { upload } = await web.createUpload({ cacheKey: "p" });
    let offset = 0n;
    for await (const chunk of tarOf(folder, "--format=posix")) {
      const written = await web.writeUpload({ id: upload!.id, offset, data: chunk as Buffer });
      offset += BigInt((chunk as Buffer).length);
      expect(written.offset).toBe(offset);
    }
    await web.finishUpload({ id: upload!.id });
    const opened = uploads.openUpload(upload!.id, localPrincipal);
    expect(await snapshot(opened.source)).toEqual(await snapshot(await folderSource(folder)));
  });
});

describe("a folder", () => {
  async function uploaded(
    server: Awaited<ReturnType<typeof startUploads>>,
    folder: string,
    options: UploadFolderOptions = {},
    protocol?: Protocol,
  ) {
    const warnings: string[] = [];
    let last: UploadProgress | undefined;
    const upload = await uploadFolder(server.client(protocol), folder, {
      env: { XDG_CACHE_HOME: join(server.directory, "..", "cache") },
      onProgress: (progress) => {
        last = progress;
      },
      onWarning: (message) => warnings.push(message),
      ...options,
    });
    expect(warnings).toEqual([]);
    return {
      upload,
      progress: last!,
      tree: () => snapshot(server.uploads.openUpload(upload.id, localPrincipal).source),
    };
  }
  /** A manifest has hard links as separate files; BuildKit accepts both. */
  const withoutLinks = (tree: Record<string, unknown>) =>
    Object.fromEntries(
      Object.entries(tree).map(([path, entry]) => [path, { ...(entry as object), sameAs: undefined }]),
    );

  test.each(protocols)("arrives unchanged over %s", async (protocol) => {
    const server = await startUploads();
    const folder = await nastyTree();
    const { tree, upload } = await uploaded(server, folder, {}, protocol);
    const onDisk = await snapshot(await folderSource(folder));
    expect(await tree()).toEqual(withoutLinks(onDisk));
    expect(Number(upload.entryCount)).toBe(Object.keys(onDisk).length);
  });

  test("is sent once, and later only changed files", async () => {
    const server = await startUploads();
    const folder = await nastyTree();
    const first = await uploaded(server, folder);
    // Equal contents are sent once.
    expect(first.progress.sentBytes).toBeLessThan(first.progress.bytes - (5 << 20) + 1);
    const second = await uploaded(server, folder);
    expect(second.progress).toEqual({ ...first.progress, sentBytes: 0 });
    expect(await second.tree()).toEqual(await first.tree());

    await appendFile(join(folder, "a/b"), "!");
    const third = await uploaded(server, folder);
    expect(third.progress.sentBytes).toBe("in a folder!".length);
    expect(await third.tree()).toEqual(withoutLinks(await snapshot(await folderSource(folder))));

    await server.client().deleteUpload({ id: second.upload.id });
    await server.client().deleteUpload({ id: second.upload.id });
    expect(await third.tree()).toBeDefined();
  });

  test("is sent without ignored files, but always with the Dockerfile", async () => {
    const server = await startUploads();
    const folder = await tempDir();
    await mkdir(join(folder, "docker"));
    await mkdir(join(folder, "src/deep"), { recursive: true });
    const files = [
      "Dockerfile",
      "docker/My.Dockerfile",
      "docker/other",
      "src/keep.ts",
      "src/deep/keep.log",
      "x.log",
    ];
    for (const file of files) await writeFile(join(folder, file), file);
    await writeFile(join(folder, ".dockerignore"), "# all of it\n*\n!src\nsrc/**/*.log\n");
    const paths = async (options?: UploadFolderOptions) =>
      Object.keys(await (await uploaded(server, folder, options)).tree()).sort();
    expect(await paths()).toEqual([".dockerignore", "Dockerfile", "src", "src/deep", "src/keep.ts"]);
    expect(await paths({ dockerfile: "./docker/My.Dockerfile" })).toEqual(
      [".dockerignore", "docker", "docker/My.Dockerfile", "src", "src/deep", "src/keep.ts"].sort(),
    );
    await writeFile(join(folder, "docker/My.Dockerfile.dockerignore"), "/src\n\r\n  docker/o*\n");
    expect(await paths({ dockerfile: "docker/My.Dockerfile" })).toEqual(
      [
        ".dockerignore",
        "Dockerfile",
        "docker",
        "docker/My.Dockerfile",
        "docker/My.Dockerfile.dockerignore",
        "x.log",
      ].sort(),
    );
  });

  test("that cannot be uploaded is refused and leaves no files", async () => {
    const server = await startUploads();
    const folder = await tempDir();
    const reason = () =>
      uploaded(server, folder).then(
        () => "none",
        (cause) => readTypedError(cause).reason,
      );
    await must("mkfifo", [join(folder, "pipe")]);
    expect(await reason()).toBe("CONTEXT_ENTRY_UNSUPPORTED");
    await writeFile(join(folder, ".dockerignore"), "pipe\n[broken\n");
    expect(await reason()).toBe("DOCKERIGNORE_INVALID");
    await writeFile(join(folder, ".dockerignore"), "pipe\n");
    expect(await reason()).toBe("none");
    const missing = uploadFolder(server.client(), join(folder, "no-such"));
    await expect(missing).rejects.toSatisfy((cause) => readTypedError(cause).reason === "CONTEXT_NOT_FOUND");
  });
});
