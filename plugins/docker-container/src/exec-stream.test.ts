import { once } from "node:events";
import { Duplex, PassThrough } from "node:stream";
import { buffer } from "node:stream/consumers";
import { expect, it } from "vitest";
import { demultiplex, ExecStream } from "./exec-stream.js";

function frame(stream: 1 | 2, payload: string | Buffer): Buffer {
  const content = Buffer.from(payload as string);
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(content.length, 4);
  return Buffer.concat([header, content]);
}

/** A stream whose other side is the test. */
function pair() {
  const [incoming, outgoing] = [new PassThrough(), new PassThrough()];
  const raw = Duplex.from({ readable: incoming, writable: outgoing });
  return { incoming, outgoing, stream: new ExecStream(raw, (stderr) => new Error(`stderr: ${stderr}`)) };
}

it.each([1, 2, 7, 8, 9, 1000])("demultiplexes output that arrives in chunks of %i bytes", async (size) => {
  const { incoming, stream } = pair();
  const content = Buffer.from(Array.from({ length: 3000 }, (_, index) => index % 251));
  const bytes = Buffer.concat([
    frame(1, content.subarray(0, 1200)),
    frame(1, ""),
    frame(1, content.subarray(1200)),
  ]);
  for (let at = 0; at < bytes.length; at += size) incoming.write(bytes.subarray(at, at + size));
  incoming.end();
  expect((await buffer(stream)).equals(content)).toBe(true);
});

it("ends with an error made of stderr, after the output", async () => {
  const { incoming, stream } = pair();
  incoming.write(frame(1, "out"));
  incoming.write(frame(2, "no such "));
  incoming.end(frame(2, "socket\n"));
  const chunks: Buffer[] = [];
  stream.on("data", (chunk) => chunks.push(chunk));
  const [error] = await once(stream, "error").catch((cause) => [cause]);
  expect(error.message).toBe("stderr: no such socket");
  expect(Buffer.concat(chunks).toString()).toBe("out");
});

it("applies back-pressure while nobody reads", async () => {
  const { incoming, stream } = pair();
  const chunk = frame(1, Buffer.alloc(1 << 20, 1));
  for (let count = 0; count < 8; count++) incoming.write(chunk);
  await new Promise((resolve) => setImmediate(resolve));
  expect(stream.readableLength).toBeLessThan(4 << 20);
  incoming.end();
  expect((await buffer(stream)).length).toBe(8 << 20);
});

it("passes written bytes and the end on", async () => {
  const { outgoing, stream } = pair();
  stream.write("hello ");
  stream.end("you");
  expect((await buffer(outgoing)).toString()).toBe("hello you");
});

it("reads a log", () => {
  expect(demultiplex(Buffer.concat([frame(1, "a\n"), frame(2, "b\n")]))).toBe("a\nb\n");
  expect(demultiplex(Buffer.alloc(0))).toBe("");
});
