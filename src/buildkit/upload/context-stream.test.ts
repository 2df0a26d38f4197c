import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { extract, pack } from "tar-stream";
import { expect, test } from "vitest";
import { openContextStream } from "./context-stream.js";

async function tar(...names: string[]): Promise<Buffer> {
  const archive = pack();
  for (const name of names) archive.entry({ name }, "content");
  archive.finalize();
  return buffer(archive);
}

async function entries(archive: Readable): Promise<string[]> {
  const names: string[] = [];
  for await (const entry of archive.pipe(extract())) {
    names.push(entry.header.name);
    entry.resume();
  }
  return names;
}

/** A stream in chunks of 100 bytes, so that the head spans several. */
function pieces(data: Buffer): Readable {
  const count = Math.ceil(data.length / 100);
  return Readable.from(
    Array.from({ length: count }, (_, index) => data.subarray(index * 100, index * 100 + 100)),
  );
}

test("returns a plain archive and a Dockerfile unchanged", async () => {
  const archive = await tar("Dockerfile", "a");
  for (const [data, kind] of [
    [archive, "tar"],
    [Buffer.from("FROM scratch\n"), "dockerfile"],
    [Buffer.from(`FROM scratch\n${"# x\n".repeat(1000)}`), "dockerfile"],
    [Buffer.alloc(0), "dockerfile"],
  ] as const) {
    const opened = await openContextStream(pieces(data));
    expect(opened.kind).toBe(kind);
    expect((await buffer(opened.stream)).equals(data)).toBe(true);
  }
});

test("adds an entry before an archive that begins with an extended header", async () => {
  const long = `${"x".repeat(300)}/Dockerfile`;
  const { kind, stream } = await openContextStream(pieces(await tar(long, "b")));
  expect(kind).toBe("tar");
  expect(await entries(stream)).toEqual(["./", long, "b"]);
});

test("refuses zstd and destroys the stream", async () => {
  const stream = Readable.from([Buffer.from("28b52ffd00", "hex"), Buffer.alloc(1000)]);
  await expect(openContextStream(stream)).rejects.toMatchObject({
    reason: "CONTEXT_COMPRESSION_UNSUPPORTED",
  });
  expect(stream.destroyed).toBe(true);
});

test("reports a stream that fails immediately", async () => {
  const stream = new Readable({ read() {} });
  stream.destroy(new Error("hung up"));
  await expect(openContextStream(stream)).rejects.toThrow("hung up");
});
