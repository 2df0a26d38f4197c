import { randomBytes, randomFillSync } from "node:crypto";
import { mkdir, open, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { baseImageName } from "../test/lab/recipes/base-image.js";
import { must } from "../test/lab/run.js";

const mebibyte = 1024 * 1024;

/**
 * The Dockerfile of the large contexts. The first stage copies the complete context, so that the tool must send it. The
 * result is one small file, since the engine's export would hide the tools' time.
 */
const copyAll = `FROM ${baseImageName} AS all\nCOPY . /context\nFROM scratch\nCOPY --from=all /context/mark /mark\n`;

/** A small image, whose steps are all cached after the first build. */
export async function makeSmallContext(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(
    join(folder, "Dockerfile"),
    `FROM ${baseImageName}\nRUN echo made > /made\nCOPY hello.txt /hello.txt\n`,
  );
  await writeFile(join(folder, "hello.txt"), "hello\n");
}

/** A small image without a base, which a new builder would have to pull. */
export async function makeBaselessContext(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "Dockerfile"), "FROM scratch\nCOPY hello.txt /hello.txt\n");
  await writeFile(join(folder, "hello.txt"), "hello\n");
}

/** Many small new files, 100 per folder. */
export async function makeManyFiles(folder: string, { files = 20_000, bytes = 3_000 } = {}): Promise<void> {
  await startLargeContext(folder);
  for (let first = 0; first < files; first += 100) {
    const below = join(folder, `folder-${first / 100}`);
    await mkdir(below);
    const names = Array.from({ length: Math.min(100, files - first) }, (_, i) => `file-${first + i}.txt`);
    await Promise.all(names.map((name) => writeFile(join(below, name), randomBytes(bytes))));
  }
  await settle();
}

/** Changes one file of {@link makeManyFiles}, in the middle of the context. */
export async function changeOneFile(folder: string): Promise<void> {
  await writeFile(join(folder, "folder-7", "file-777.txt"), randomBytes(3_000));
}

/** One file of random bytes. */
export async function makeLargeFile(folder: string): Promise<void> {
  await startLargeContext(folder);
  await writeLarge(folder);
}

/** Changes the times of {@link makeLargeFile}, so that all its bytes are sent again. */
export async function touchLargeFile(folder: string): Promise<void> {
  const now = new Date();
  await utimes(join(folder, "large.bin"), now, now);
}

/** An image with a large layer and a small one. */
export async function makeLargeImage(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(
    join(folder, "Dockerfile"),
    "FROM scratch\nCOPY large.bin /large.bin\nCOPY small.txt /small.txt\n",
  );
  await changeSmallLayer(folder);
  await writeLarge(folder);
}

/** Changes the last layer of {@link makeLargeImage}. */
export async function changeSmallLayer(folder: string): Promise<void> {
  await writeFile(join(folder, "small.txt"), randomBytes(16).toString("hex"));
}

async function writeLarge(folder: string, mebibytes = 512): Promise<void> {
  const file = await open(join(folder, "large.bin"), "w");
  const chunk = Buffer.allocUnsafe(mebibyte);
  try {
    for (let written = 0; written < mebibytes; written++) await file.write(randomFillSync(chunk));
  } finally {
    await file.close();
  }
  await settle();
}

async function startLargeContext(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "Dockerfile"), copyAll);
  await writeFile(join(folder, "mark"), randomBytes(16));
}

/** Waits until the context is written to disk, so that writing does not affect the measurement. */
async function settle(): Promise<void> {
  await must("sync", []);
}
