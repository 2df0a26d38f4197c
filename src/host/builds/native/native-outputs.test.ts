import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { buffer } from "node:stream/consumers";
import { create } from "@bufbuild/protobuf";
import { pack } from "tar-stream";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { FileSendTarget } from "../../../buildkit/filesend/file-send.js";
import { readTypedError } from "../../../errors/typed-error.js";
import { OutputDataSchema } from "../../../gen/slipway/nativebuild/v1/native_build_pb.js";
import { openFileSink } from "../../../util/file-sink.js";
import { NativeOutputs } from "./native-outputs.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "slipway-native-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const { signal } = new AbortController();
const data = (output: number, text: string | Uint8Array, last = false) =>
  create(OutputDataSchema, { output, data: Buffer.from(text), last });

function outputs(...targets: FileSendTarget[]) {
  return new NativeOutputs("acme", new Map(targets.entries()));
}

const file = (name: string): FileSendTarget => ({
  kind: "stream",
  open: () => openFileSink(join(folder, name)),
});

const reasonOf = (work: Promise<void>) =>
  work.then(
    () => "none",
    (cause) => readTypedError(cause).reason,
  );

test("writes files, and folders from tar archives", async () => {
  const both = outputs(file("a"), { kind: "folder", dest: join(folder, "d") });
  await both.write(data(0, "one "), signal);
  await both.write(data(0, "two", true), signal);
  expect(await readFile(join(folder, "a"), "utf8")).toBe("one two");
  const archive = pack();
  archive.entry({ name: "sub/x" }, "inside");
  archive.finalize();
  const bytes = await buffer(archive as unknown as AsyncIterable<Buffer>);
  await both.write(data(1, bytes.subarray(0, 100)), signal);
  await both.write(data(1, bytes.subarray(100), true), signal);
  expect(await readFile(join(folder, "d/sub/x"), "utf8")).toBe("inside");
  both.requireAll();
});

test("an archive cannot leave its folder", async () => {
  const archive = pack();
  archive.entry({ name: "../escaped" }, "x");
  archive.finalize();
  const one = outputs({ kind: "folder", dest: join(folder, "d") });
  const bytes = await buffer(archive as unknown as AsyncIterable<Buffer>);
  await expect(one.write(data(0, bytes, true), signal)).rejects.toThrow("leads out of the folder");
  expect(await readdir(folder)).not.toContain("escaped");
});

test("refuses outputs that were not requested, are out of order or incomplete, and leaves no partial file", async () => {
  const two = outputs(file("a"), file("b"));
  expect(await reasonOf(two.write(data(2, "x"), signal))).toBe("DRIVER_FAULT");
  await two.write(data(0, "half"), signal);
  expect(await reasonOf(two.write(data(1, "x"), signal))).toBe("DRIVER_FAULT");
  expect(() => two.requireAll()).toThrow("The acme driver did not send output 0, 1 completely.");
  await two.close();
  expect(await readdir(folder)).toEqual([]);
  const once = outputs(file("a"));
  await once.write(data(0, "", true), signal);
  expect(await reasonOf(once.write(data(0, "again"), signal))).toBe("DRIVER_FAULT");
});

test("a destination that is closed without an error fails the output", async () => {
  const closing = new PassThrough({ highWaterMark: 1 });
  const one = outputs({ kind: "stream", open: () => closing });
  const writing = one.write(data(0, "more than it takes"), signal);
  closing.destroy();
  await expect(writing).rejects.toThrow("Cannot write the output: The output's reader is gone.");
});

test("a stalled destination ends with the build", async () => {
  const stalled = new PassThrough({ highWaterMark: 1 });
  const one = outputs({ kind: "stream", open: () => stalled });
  const build = new AbortController();
  const writing = one.write(data(0, "more than it takes"), build.signal);
  build.abort(new Error("cancelled"));
  await expect(writing).rejects.toThrow("cancelled");
  await one.close();
  expect(stalled.destroyed).toBe(true);
});
