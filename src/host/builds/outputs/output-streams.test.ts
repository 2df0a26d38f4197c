import { Readable, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Code } from "@connectrpc/connect";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { readTypedError } from "../../../errors/typed-error.js";
import { OutputStreams, readerTimeoutMs, stalledReaderMs } from "./output-streams.js";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => void vi.useRealTimers());

/** The reader of an output, and the end of what BuildKit writes: "" or why it failed. */
function open(source: AsyncIterable<Buffer>) {
  const streams = new OutputStreams([0]);
  const sink: Writable = streams.open(0);
  const written = pipeline(source, sink).then(
    () => "",
    (error: Error) => error.message,
  );
  const reader = streams.take(0);
  return { sink, written, reader, chunks: reader.chunks[Symbol.asyncIterator]() };
}

it("a reader that stalls ends its output, which holds little memory until then", async () => {
  let produced = 0;
  const { written, chunks } = open(
    Readable.from(
      (function* () {
        for (; produced < 1 << 30; produced += 1 << 16) yield Buffer.alloc(1 << 16);
      })(),
    ),
  );
  await chunks.next();
  await vi.advanceTimersByTimeAsync(stalledReaderMs - 1);
  expect(await Promise.race([written, "waiting"])).toBe("waiting");
  await vi.advanceTimersByTimeAsync(1);
  expect(await written).toBe("Output 0 was not read for 600 s.");
  expect(produced).toBeLessThan(8 << 20);
  expect(await chunks.next().catch(readTypedError)).toMatchObject({
    code: Code.Aborted,
    reason: "OUTPUT_INCOMPLETE",
  });
});

it("neither a slow reader nor a BuildKit that pauses is a reader that stalls", async () => {
  const source = new Readable({ read() {} });
  const { written, chunks } = open(source);
  const next = chunks.next();
  await vi.advanceTimersByTimeAsync(readerTimeoutMs + 10 * stalledReaderMs);
  source.push("one");
  expect(String((await next).value)).toBe("one");
  await vi.advanceTimersByTimeAsync(stalledReaderMs - 1);
  source.push("two");
  source.push(null);
  expect(String((await chunks.next()).value)).toBe("two");
  await vi.advanceTimersByTimeAsync(stalledReaderMs - 1);
  expect((await chunks.next()).done).toBe(true);
  expect(await written).toBe("");
});

it("a reader that leaves ends its output", async () => {
  const { written, reader, chunks } = open(new Readable({ read() {} }));
  const next = chunks.next().catch(readTypedError);
  reader.leave();
  expect(await written).toBe("The reader of the output disconnected.");
  expect(await next).toMatchObject({ reason: "OUTPUT_INCOMPLETE" });
});
