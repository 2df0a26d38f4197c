import { randomBytes } from "node:crypto";
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeTar } from "../../src/archive/make-tar.test-helper.js";
import { type UploadProgress, uploadFolder } from "../../src/client/upload.js";
import { uploadTar } from "../../src/client/upload-tar.js";
import { tempDir } from "../lab/index.js";
import { startUploadProcess } from "./upload-process.js";

const GiB = 2 ** 30;
const MiB = 2 ** 20;

/** Bytes that this process has read, from files and connections. */
async function bytesRead(): Promise<number> {
  return Number(/^rchar: (\d+)$/m.exec(await readFile("/proc/self/io", "utf8"))![1]);
}

test("20 000 files: sent once, then compared without reading them again", { timeout: 300_000 }, async () => {
  const host = await startUploadProcess(await tempDir());
  const folder = await tempDir();
  const cache = await tempDir();
  const count = 20_000;
  for (let i = 0; i < count; i += 200) {
    const parent = join(folder, `d${i}`);
    await mkdir(parent);
    const names = Array.from({ length: 200 }, (_, n) => `f${i + n}`);
    await Promise.all(names.map((name) => writeFile(join(parent, name), `${name}:${"x".repeat(1000)}`)));
  }
  // Digests of recently changed files are not cached: their times may not show the next change.
  await new Promise((resolve) => setTimeout(resolve, 2500));

  const upload = async () => {
    let last: UploadProgress | undefined;
    const [start, readBefore] = [Date.now(), await bytesRead()];
    const { entryCount: entries } = await uploadFolder(host.client, folder, {
      env: { XDG_CACHE_HOME: cache },
      onProgress: (progress) => {
        last = progress;
      },
    });
    expect(Number(entries)).toBe(count + count / 200);
    return {
      sentBytes: last!.sentBytes,
      bytes: last!.bytes,
      ms: Date.now() - start,
      read: (await bytesRead()) - readBefore,
    };
  };
  const memoryBefore = await host.peakMemory();
  const first = await upload();
  expect(first.sentBytes).toBe(first.bytes);
  const second = await upload();
  expect(second.sentBytes).toBe(0);
  await writeFile(join(folder, "d0/f0"), "changed");
  const third = await upload();
  expect(third.sentBytes).toBe("changed".length);
  const growth = (await host.peakMemory()) - memoryBefore;
  console.log(
    `20 000 files: ${first.ms} ms, unchanged ${second.ms} ms, one changed ${third.ms} ms; host +${growth} MiB`,
  );
  expect(growth).toBeLessThan(200);
  expect(second.read).toBeLessThan(first.read / 2);
});

test("a file of 2 GiB in a tar archive is not held in memory", { timeout: 300_000 }, async () => {
  const host = await startUploadProcess(await tempDir());
  const size = 2 * GiB;
  // The header that tar writes, then the generated content.
  const small = await makeTar([{ name: "huge", content: "" }]);
  const header = Buffer.from(small.subarray(0, 512));
  header.write(`${size.toString(8).padStart(11, "0")} `, 124, "latin1");
  header.fill(" ", 148, 156);
  header.write(
    `${header
      .reduce((sum, byte) => sum + byte)
      .toString(8)
      .padStart(6, "0")}\0 `,
    148,
    "latin1",
  );
  async function* archive() {
    yield header;
    const block = randomBytes(MiB);
    for (let sent = 0; sent < size; sent += MiB) {
      block.writeUInt32BE(sent / MiB);
      yield Buffer.from(block);
    }
    yield Buffer.alloc(1024);
  }
  const memoryBefore = await host.peakMemory();
  const start = Date.now();
  const upload = await uploadTar(host.client, archive());
  const growth = (await host.peakMemory()) - memoryBefore;
  console.log(`2 GiB: ${Date.now() - start} ms; host +${growth} MiB`);
  expect(upload).toMatchObject({ finished: true, entryCount: 1n, sizeBytes: BigInt(size) });
  expect(growth).toBeLessThan(256);
});

test("a file of 1 GiB in a folder is not held in memory, neither by host nor client", {
  timeout: 300_000,
}, async () => {
  const host = await startUploadProcess(await tempDir());
  const folder = await tempDir();
  const path = join(folder, "huge");
  const block = randomBytes(16 * MiB);
  async function* content() {
    for (let i = 0; i < 64; i++) {
      block.writeUInt32BE(i);
      yield block;
    }
  }
  await writeFile(path, content());
  expect((await stat(path)).size).toBe(GiB);
  const memoryBefore = await host.peakMemory();
  const ownBefore = process.resourceUsage().maxRSS / 1024;
  const start = Date.now();
  await uploadFolder(host.client, folder, { env: { XDG_CACHE_HOME: await tempDir() } });
  const growth = (await host.peakMemory()) - memoryBefore;
  const own = process.resourceUsage().maxRSS / 1024 - ownBefore;
  console.log(`1 GiB: ${Date.now() - start} ms; host +${growth} MiB, client +${Math.round(own)} MiB`);
  expect(growth).toBeLessThan(256);
  expect(own).toBeLessThan(256);
});
