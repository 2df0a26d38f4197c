import { spawn } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { createConnection } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { connectBuildkit } from "../../src/buildkit/client.js";
import { fileSend } from "../../src/buildkit/filesend/file-send.js";
import { fileSync } from "../../src/buildkit/filesync/file-sync.js";
import { uploadFolder } from "../../src/client/upload.js";
import { uploadTar } from "../../src/client/upload-tar.js";
import { localPrincipal } from "../../src/host/access/principal.js";
import { folderSource } from "../../src/inputs/files/folder-source.js";
import type { FileSource } from "../../src/inputs/files/source.js";
import { lab, tempDir } from "../lab/index.js";
import { makeNastyTree, snapshot } from "./nasty-tree.js";
import { startUploads } from "./upload-server.js";

/** Builds `FROM scratch`, `COPY . /` with a source and exports the result; returns the bytes that BuildKit fetched. */
async function copyThroughBuildkit(
  source: FileSource,
  sharedKey: string,
  destination: string,
): Promise<number> {
  const client = connectBuildkit(() => createConnection(lab().buildkitd.address.replace("unix://", "")));
  let bytes = 0;
  try {
    const session = await client.openSession({
      sharedKey,
      methods: [
        ...fileSync(
          { context: source, dockerfile: source },
          {
            onProgress: (name, sent) => {
              if (name === "context") bytes = sent.bytes;
            },
          },
        ),
        fileSend(new Map([[0, { kind: "folder", dest: destination }]])),
      ],
    });
    await client.control.solve({
      ref: crypto.randomUUID(),
      session: session.id,
      frontend: "dockerfile.v0",
      frontendAttrs: { "no-cache": "" },
      exporterDeprecated: "local",
      exporters: [{ type: "local" }],
    });
    await session.close();
  } finally {
    await client.close();
  }
  return bytes;
}

test("BuildKit receives an upload's files as they are on disk, and later only changed files", async () => {
  const { uploads, client, directory } = await startUploads();
  const folder = join(await tempDir(), "context");
  await mkdir(folder);
  await makeNastyTree(folder);
  const env = { XDG_CACHE_HOME: join(directory, "..") };
  const cacheKey = folder;
  const tar = spawn("tar", ["-c", "--format=posix", "-C", folder, "."], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ids = [
    (await uploadTar(client(), tar.stdout, { cacheKey })).id,
    (await uploadFolder(client(), folder, { cacheKey, env })).id,
  ];
  const onDisk = exported(await snapshot(await folderSource(folder)));
  const fetched: number[] = [];
  for (const id of ids) {
    const upload = uploads.openUpload(id, localPrincipal);
    const destination = await tempDir();
    fetched.push(await copyThroughBuildkit(upload.source, upload.cacheKey, destination));
    expect(exported(await snapshot(await folderSource(destination)))).toEqual(onDisk);
    upload.release();
  }
  expect(fetched[0]).toBeGreaterThan(5 << 20);
  expect(fetched[1]).toBeLessThan(1000);

  await writeFile(join(folder, "a-b"), "changed");
  const upload = uploads.openUpload(
    (await uploadFolder(client(), folder, { cacheKey, env })).id,
    localPrincipal,
  );
  expect(await copyThroughBuildkit(upload.source, cacheKey, await tempDir())).toBeLessThan(1000);
});

/**
 * The part of a tree that an export keeps: BuildKit sets the times of folders and copies hard links, and files are
 * written with times in microseconds and not before 1970. BuildKit receives nanoseconds, because it fetches nothing the
 * second time.
 */
function exported(tree: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(tree).map(([path, entry]) => {
      const { modTime, sameAs, ...rest } = entry as { modTime: bigint; sameAs?: string; content?: string };
      return [path, rest.content && path !== "nothing" ? { ...rest, modTime: modTime / 1000n } : rest];
    }),
  );
}
