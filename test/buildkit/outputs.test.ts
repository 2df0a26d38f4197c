import { createWriteStream } from "node:fs";
import { open, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { Code } from "@connectrpc/connect";
import { extract } from "tar-stream";
import { expect, test } from "vitest";
import { StatusError } from "../../src/errors/status-error.js";
import { lab, tempDir } from "../lab/index.js";
import { toBuildkitd, toEngine } from "../session-services/solve.js";
import { build, writeFiles } from "./build.js";
import { describeTree } from "./tree.js";

const connect = () => toBuildkitd(lab().buildkitd.address);

/** Creates a context whose image contains the context. */
async function copied(files: Record<string, string | Buffer>): Promise<string> {
  const context = await tempDir();
  await writeFiles(context, {
    Dockerfile: "FROM scratch\nCOPY . /\n",
    ".dockerignore": "Dockerfile\n.dockerignore",
    ...files,
  });
  return context;
}

async function namesIn(archive: Buffer): Promise<string[]> {
  const names: string[] = [];
  const reader = extract();
  reader.on("entry", (header, content, next) => {
    names.push(header.name);
    content.resume().on("end", next);
  });
  await pipeline([archive], reader);
  return names.sort();
}

test.each([
  ["tar", ["d/", "d/f"], undefined],
  ["oci", ["index.json", "oci-layout"], /^sha256:/],
  ["docker", ["index.json", "manifest.json", "oci-layout"], /^sha256:/],
])("writes a complete archive of type %s", async (type, names, digest) => {
  const context = await copied({ "d/f": "content" });
  const file = join(await tempDir(), "out");
  let announced: string | undefined;
  const { error, response } = await build(connect(), {
    context,
    exporter: { type },
    output: {
      kind: "stream",
      open: (metadata) => {
        announced = metadata["containerimage.digest"];
        return createWriteStream(file);
      },
    },
  });
  expect(error).toBeUndefined();
  expect(await namesIn(await readFile(file))).toEqual(expect.arrayContaining(names));
  if (digest) expect(announced).toMatch(digest);
  expect(announced).toBe(response["containerimage.digest"]);
});

test("writes the folders of all platforms concurrently", async () => {
  const context = await copied({ "d/f": "content" });
  const dest = join(await tempDir(), "new", "folder");
  const { error } = await build(connect(), {
    context,
    attrs: { platform: "linux/amd64,linux/arm64" },
    exporter: { type: "local" },
    output: { kind: "folder", dest },
  });
  expect(error).toBeUndefined();
  expect(Object.keys(await describeTree(dest))).toEqual(
    ["linux_amd64", "linux_arm64"].flatMap((platform) => [platform, `${platform}/d`, `${platform}/d/f`]),
  );
});

test("keeps other entries of a folder unless it mirrors the output", async () => {
  const [context, dest] = [await copied({ "d/f": "new" }), await tempDir()];
  await writeFiles(dest, { extra: "", "d/f": "old", "d/extra": "" });
  const output = { kind: "folder", dest } as const;
  expect((await build(connect(), { context, exporter: { type: "local" }, output })).error).toBeUndefined();
  expect(Object.keys(await describeTree(dest))).toEqual(["d", "d/extra", "d/f", "extra"]);
  expect(await readFile(join(dest, "d/f"), "utf8")).toBe("new");

  const exporter = { type: "local", attrs: { mode: "delete" } };
  const mirror = { ...output, mirror: true };
  expect((await build(connect(), { context, exporter, output: mirror })).error).toBeUndefined();
  expect(Object.keys(await describeTree(dest))).toEqual(["d", "d/f"]);

  // An old BuildKit ignores the mode.
  const old = await build(toEngine(lab().engine20.socket), { context, exporter, output: mirror });
  expect(old.error?.rawMessage).toContain("does not support mode=delete");
});

test("writes 5 000 files", async () => {
  const files = Array.from({ length: 5_000 }, (_, i) => [`d/${i % 50}/${i}`, `${i} `.repeat(i % 300)]);
  const [context, dest] = [await copied(Object.fromEntries(files)), await tempDir()];
  const output = { kind: "folder", dest } as const;
  expect((await build(connect(), { context, exporter: { type: "local" }, output })).error).toBeUndefined();
  await rm(join(context, "Dockerfile"));
  await rm(join(context, ".dockerignore"));
  expect(await describeTree(dest)).toEqual(await describeTree(context));
}, 900_000);

test("reports a full disk", async () => {
  const context = await copied({ f: "x".repeat(1 << 20) });
  const { error, sessionErrors } = await build(connect(), {
    context,
    exporter: { type: "tar" },
    output: { kind: "stream", open: () => createWriteStream("/dev/full") },
  });
  expect(error?.code).toBe(Code.ResourceExhausted);
  expect(error?.rawMessage).toContain("ENOSPC");
  expect(sessionErrors).toMatchObject([{ code: Code.ResourceExhausted }]);
});

test("reports a file that cannot be written, and leaves no partial file", async () => {
  const [context, dest] = [await copied({ "d/f": "x", "e/f": "y" }), await tempDir()];
  await writeFile(join(dest, "e"), "a file in place of the output's folder");
  const output = { kind: "folder", dest: join(dest, "e") } as const;
  const { error } = await build(connect(), { context, exporter: { type: "local" }, output });
  expect(error?.rawMessage).toMatch(/Cannot write the output: E(EXIST|NOTDIR)/);
});

test("succeeds if the output is not needed", async () => {
  const context = await copied({ f: "" });
  const open = () => Promise.reject(new StatusError(Code.AlreadyExists, "have it"));
  const { error } = await build(connect(), {
    context,
    exporter: { type: "oci" },
    output: { kind: "stream", open },
  });
  expect(error).toBeUndefined();
});

test("waits for a slow sink without buffering, and destroys a cancelled one", async () => {
  const context = await copied({});
  const big = await open(join(context, "big"), "w");
  await big.truncate(512 << 20);
  await big.close();
  let [chunks, bytes, peak, before] = [0, 0, 0, 0];
  const cancel = new AbortController();
  const sink = new Writable({
    async write(chunk: Buffer, _encoding, done) {
      before ||= process.memoryUsage.rss();
      bytes += chunk.length;
      if (chunks++ % 8 === 0) await sleep(1);
      peak = Math.max(peak, process.memoryUsage.rss());
      if (bytes > 300 << 20) cancel.abort();
      done();
    },
  });
  const { error } = await build(connect(), {
    context,
    exporter: { type: "tar" },
    output: { kind: "stream", open: () => sink },
    signal: cancel.signal,
  });
  expect(error?.code).toBe(Code.Canceled);
  expect(sink.destroyed).toBe(true);
  expect(sink.writableFinished).toBe(false);
  expect(peak - before).toBeLessThan(100 << 20);
}, 900_000);

test("refuses an exporter without output", async () => {
  const context = await copied({ f: "" });
  const { error } = await build(connect(), {
    context,
    exporter: { type: "tar" },
    output: undefined,
  });
  expect(error?.rawMessage).toContain("not supported by the client");
  expect((await stat(context)).isDirectory()).toBe(true);
});
