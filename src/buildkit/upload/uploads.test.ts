import { Readable } from "node:stream";
import { fromBinary } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { expect, test } from "vitest";
import { callMethod } from "../../../test/session-services/session-call.js";
import { BytesMessageSchema } from "../../gen/moby/upload/v1/upload_pb.js";
import { Uploads } from "./uploads.js";

const MiB = 1024 * 1024;

function pull(uploads: Uploads, url: string, extra: Partial<Parameters<typeof callMethod>[1]> = {}) {
  return callMethod(uploads.method, { headers: { urlpath: new URL(url).pathname }, ...extra });
}

test("sends an upload once, in messages of at most 3 MiB", async () => {
  const uploads = new Uploads();
  const url = uploads.add(Readable.from([Buffer.alloc(7 * MiB, "a"), Buffer.from("end")]));
  expect(url).toMatch(/^http:\/\/buildkit-session\/[\w-]+$/);

  const { sent, error } = await pull(uploads, url);
  expect(error).toBeUndefined();
  const chunks = sent.map((message) => fromBinary(BytesMessageSchema, message).data);
  expect(chunks.map((chunk) => chunk.length)).toEqual([3 * MiB, 3 * MiB, MiB, 3]);
  expect(Buffer.concat(chunks).subarray(-4).toString()).toBe("aend");

  expect((await pull(uploads, url)).error).toMatchObject({ code: Code.NotFound });
});

test("reads only what BuildKit accepts", async () => {
  let produced = 0;
  const source = new Readable({
    highWaterMark: 1,
    read() {
      produced++;
      this.push(produced > 50 ? null : Buffer.alloc(1024));
    },
  });
  const uploads = new Uploads();
  let release = () => {};
  const blocked = new Promise<void>((resolve) => {
    release = resolve;
  });
  const done = pull(uploads, uploads.add(source), { onSend: () => blocked });
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(produced).toBeLessThan(5);
  release();
  const data = (await done).sent.map((message) => fromBinary(BytesMessageSchema, message).data);
  expect(Buffer.concat(data)).toHaveLength(50 * 1024);
});

test("ends the call with the error of a failing source", async () => {
  const uploads = new Uploads();
  const source = Readable.from(
    (async function* () {
      yield Buffer.from("part");
      throw new Error("client went away");
    })(),
  );
  const { error } = await pull(uploads, uploads.add(source));
  expect(error).toMatchObject({ code: Code.DataLoss, message: expect.stringContaining("client went away") });
});

test("survives a source that fails before it is fetched", async () => {
  const uploads = new Uploads();
  const source = new Readable({ read() {} });
  const url = uploads.add(source);
  source.destroy(new Error("early"));
  await new Promise(setImmediate);
  expect((await pull(uploads, url)).error).toMatchObject({ message: expect.stringContaining("early") });
});

test("destroys the source on cancellation and close", async () => {
  const uploads = new Uploads();
  const endless = new Readable({ read() {} });
  const controller = new AbortController();
  const done = pull(uploads, uploads.add(endless), { signal: controller.signal });
  controller.abort();
  expect((await done).error).toBeDefined();
  expect(endless.destroyed).toBe(true);

  const waiting = new Readable({ read() {} });
  uploads.add(waiting);
  uploads.close();
  expect(waiting.destroyed).toBe(true);
});
