import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import { expect, test } from "vitest";
import { archiveHeaderBytes, detectContextStream } from "./detect-archive.js";

async function tar(name: string): Promise<Buffer> {
  const archive = pack();
  archive.entry({ name }, "FROM scratch\n");
  archive.finalize();
  return buffer(archive);
}

test("archives are known by their first bytes", async () => {
  const archive = await tar("Dockerfile");
  expect(detectContextStream(archive.subarray(0, archiveHeaderBytes))).toBe("tar");
  expect(detectContextStream(await tar(`${"x".repeat(300)}/Dockerfile`))).toBe("tar");
  expect(detectContextStream(gzipSync(archive))).toBe("gzip");
  expect(detectContextStream(Buffer.from("BZh91AY&SY"))).toBe("bzip2");
  expect(detectContextStream(Buffer.from("fd377a585a0000", "hex"))).toBe("xz");
  expect(detectContextStream(Buffer.from("28b52ffd00", "hex"))).toBe("zstd");
});

test("an old tar header without magic number is known by its checksum", () => {
  const header = Buffer.alloc(512);
  header.write("Dockerfile", 0);
  header.write("0000644\0", 100);
  header.write("00000000000\0", 124);
  header.fill(" ", 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  expect(detectContextStream(header)).toBe("tar");
  header.write("X", 0);
  expect(detectContextStream(header)).toBe("dockerfile");
});

test("everything else is a Dockerfile", async () => {
  const text = `FROM scratch\n${"# padding\n".repeat(100)}`;
  for (const head of [text, "", "F", "\0".repeat(1024), "BZ"])
    expect(detectContextStream(Buffer.from(head))).toBe("dockerfile");
  expect(detectContextStream((await tar("a")).subarray(0, 511))).toBe("dockerfile");
});
